// Opens GraphiQL of a running demonstration (`dialgraph demo`) in headless Chromium that can reach
// nothing but the service, and fails if the page wants anything else, breaks a policy, or does not
// show the first example's answer:
//
//   CHROMIUM=/usr/bin/chromium node graphiql.js http://127.0.0.1:8080

import { existsSync } from "node:fs";

import puppeteer from "puppeteer-core";

const origin = new URL(process.argv[2] ?? "http://127.0.0.1:8080").origin;
const usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = process.env.CHROMIUM ?? usual.find(existsSync);

const browser = await puppeteer.launch({
  executablePath,
  args: [
    "--no-sandbox",
    // Whatever is asked for by name does not exist.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
  ],
});
const troubles = [];
const asked = new Set();

/** Notes what the page says and asks for, and lets it ask nobody else. */
async function watch(page) {
  await page.setRequestInterception(true);
  page.on("request", (request) => {
    const url = new URL(request.url());
    const isOwn = url.origin === origin || ["data:", "blob:"].includes(url.protocol);
    if (isOwn) {
      asked.add(url.pathname);
      request.continue();
    } else {
      troubles.push(`asked for ${url}`);
      request.abort();
    }
  });
  page.on("pageerror", (error) => troubles.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) {
      troubles.push(`console: ${message.text()}`);
    }
  });
  page.on("response", (response) => {
    if (response.status() >= 400) {
      troubles.push(`${response.status()} ${response.url()}`);
    }
  });
  await page.evaluateOnNewDocument(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
    });
  });
}

const text = (page, selector) => page.$eval(selector, (element) => element.innerText);
const appears = (page, selector, words) =>
  page.waitForFunction(
    (selector, words) => document.querySelector(selector)?.innerText.includes(words),
    { timeout: 20_000 },
    selector,
    words,
  );

/** Presses play, and waits until the answer has `words`. */
async function run(page, words) {
  await page.click(".graphiql-execute-button");
  await appears(page, ".graphiql-response", words);
}

try {
  const page = await browser.newPage();
  await page.setViewport({ width: 1600, height: 1400 });
  await watch(page);
  await page.goto(`${origin}/`, { waitUntil: "networkidle0" });
  await page.waitForSelector(".graphiql-execute-button");
  await run(page, '"yesterday"');
  if ((await text(page, ".graphiql-response")).includes('"errors"')) {
    troubles.push("the first example answers with errors");
  }

  await page.click('button[aria-label="Show Documentation Explorer"]');
  await appears(page, ".graphiql-plugin", "AccessTokenConnection");
  await page.click('button[aria-label="Show GraphiQL Explorer"]');
  await appears(page, ".graphiql-plugin", "dashboard");

  // Tabs are remembered, tokens are not, and are filled in again.
  await page.reload({ waitUntil: "networkidle0" });
  await page.waitForSelector(".graphiql-execute-button");
  const tabs = await page.$$(".graphiql-tab-button");
  await tabs.at(-1).click();
  // The editor reads the operation's name a moment after the tab was changed.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await run(page, '"gradeStats"');
  const kept = await page.evaluate(() => Object.entries({ ...localStorage, ...sessionStorage }));
  for (const [name, value] of kept.filter(([, value]) => value.includes("Bearer"))) {
    troubles.push(`the token is kept in the browser: ${name}: ${value}`);
  }
  if (process.env.SCREENSHOT) {
    await page.screenshot({ path: process.env.SCREENSHOT });
  }
} catch (error) {
  if (process.env.SCREENSHOT) {
    await (await browser.pages()).at(-1).screenshot({ path: process.env.SCREENSHOT });
  }
  troubles.push(error.message);
} finally {
  await browser.close();
}
console.log(`${asked.size} addresses of the service were asked for`);
console.log([...new Set(troubles)].join("\n") || "GraphiQL works");
process.exitCode = troubles.length === 0 ? 0 : 1;
