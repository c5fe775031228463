// The gateway: what users talk to. It hands each request to one of the ticket offices in turn, to the other
// one where the first does not listen, as it does for a moment while it is replaced.
import express from "express";
import http from "node:http";

const offices = process.env.OFFICES.split(",").map(Number);
const agent = new http.Agent({ keepAlive: true });
let turn = 0;

function hand(request, response) {
    const parts = [];
    request.on("data", part => parts.push(part));
    request.on("end", () => send(request, Buffer.concat(parts), response, offices.length));
}

function send(request, body, response, left) {
    const onward = http.request({
        agent, host: "127.0.0.1", port: offices[turn++ % offices.length], method: request.method,
        path: request.originalUrl.replace(/^\/api/, ""), headers: { "content-type": "application/json" },
    }, answer => {
        response.status(answer.statusCode === 500 ? 502 : answer.statusCode);
        answer.pipe(response);
    });
    onward.on("error", () => left > 1 ? send(request, body, response, left - 1) : response.status(502).end());
    onward.end(body);
}

const app = express();
app.get("/api/shows", hand);
app.get("/api/shows/:id", hand);
app.post("/api/orders", hand);
app.get("/api/prices", hand);
app.get("/healthz", (request, response) => response.send("ok"));
const server = app.listen(Number(process.env.PORT), "127.0.0.1");
process.on("SIGTERM", () => { server.close(); server.closeIdleConnections(); });  // telemetry.mjs ends the process
