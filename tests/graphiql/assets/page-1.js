console.log("a page of tests");
