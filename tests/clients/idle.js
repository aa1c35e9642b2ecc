// Opens WebSockets that subscribe to statsUpdated, and holds them until it is ended; benches/sockets.sh
// measures the service meanwhile:
//
//   TOKEN=$(dialgraph token --role manager) node idle.js http://127.0.0.1:8080 10000
//
// Says "open" once all of them have subscribed, and then how many were told when a day has changed.

import WebSocket from "ws";

const service = process.argv[2] ?? "http://127.0.0.1:8080";
const count = Number(process.argv[3] ?? 10_000);
const authorization = `Bearer ${process.env.TOKEN ?? ""}`;
// Opened at a time: a listening socket's queue is not endless.
const AT_A_TIME = 100;

let told = 0;
let lost = 0;

const open = (id) =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`${service.replace(/^http/, "ws")}/graphql/ws`, "graphql-transport-ws", {
      perMessageDeflate: false,
    });
    const say = (message) => socket.send(JSON.stringify(message));
    socket.on("open", () => say({ type: "connection_init", payload: { authorization } }));
    socket.on("error", reject);
    socket.on("close", (code, reason) => {
      lost += 1;
      reject(new Error(`socket ${id} was closed: ${code} ${reason}`));
    });
    socket.on("message", (data) => {
      const { type } = JSON.parse(data);
      if (type === "connection_ack") {
        const query = "subscription { statsUpdated { date metricsSummary { totalCalls } } }";
        say({ type: "subscribe", id: String(id), payload: { query } });
        say({ type: "ping" });
      } else if (type === "pong") {
        resolve();
      } else if (type === "next") {
        told += 1;
      }
    });
  });

let next = 0;
const worker = async () => {
  while (next < count) {
    next += 1;
    await open(next);
  }
};
await Promise.all(Array.from({ length: AT_A_TIME }, worker));
console.log("open");

let said = 0;
setInterval(() => {
  if (told !== said || lost > 0) console.log(`told ${told}, lost ${lost}`);
  said = told;
}, 1_000);
