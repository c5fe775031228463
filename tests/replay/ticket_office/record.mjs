// Record an afternoon of the ticket office in three minutes: healthy, a release with the wrong port, and back.
//   PGHOST=... PGUSER=... node record.mjs OUT.jsonl SECONDS
import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import pg from "pg";

const [out, seconds] = [process.argv[2], Number(process.argv[3])];
const wait = ms => new Promise(go => setTimeout(go, Math.max(0, ms)));
let seed = 20260301;
const random = () => { seed = (seed * 1664525 + 1013904223) % 2 ** 32; return (seed + 0.5) / 2 ** 32; };

async function tables() {
    const db = new pg.Client();
    await db.connect();
    await db.query(`DROP TABLE IF EXISTS seats, orders, shows;
        CREATE TABLE shows (show_id int PRIMARY KEY, title text NOT NULL, starts_on date NOT NULL);
        CREATE TABLE orders (order_id serial PRIMARY KEY, show_id int NOT NULL REFERENCES shows);
        CREATE TABLE seats (seat_id serial PRIMARY KEY, show_id int NOT NULL REFERENCES shows, order_id int REFERENCES orders);
        INSERT INTO shows SELECT n, 'Show ' || n, DATE '2026-03-01' + n FROM generate_series(1, 40) n;
        INSERT INTO seats (show_id) SELECT 1 + n % 40 FROM generate_series(0, 7999) n;
        CREATE INDEX ON seats (show_id)`);
    await db.end();
}

const file = fs.createWriteStream(out);
const collector = http.createServer((request, response) => {
    const parts = [];
    request.on("data", part => parts.push(part));
    request.on("end", () => {
        file.write(Buffer.concat(parts).toString("utf8") + "\n");
        response.setHeader("content-type", "application/json");
        response.end("{}");
    });
}).listen(4318, "127.0.0.1");

function start(name, port, version, host, more = {}) {
    return spawn(process.execPath, ["--import", "./telemetry.mjs", `./${name}.mjs`], {
        stdio: "inherit",
        env: {
            ...process.env, PORT: port, OTEL_SERVICE_NAME: `ticket-${name}`,
            OTEL_RESOURCE_ATTRIBUTES: `service.version=${version},host.name=${host},deployment.environment=production`,
            OTEL_NODE_RESOURCE_DETECTORS: "env", OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none",
            OTEL_EXPORTER_OTLP_PROTOCOL: "http/json", OTEL_LOG_LEVEL: "error", ...more,
        },
    });
}

const offices = [];
async function deploy(version, pgport) {
    for (const [number, port] of [[0, 4001], [1, 4002]]) {
        const old = offices[number];
        if (old) { const gone = new Promise(go => old.on("exit", go)); old.kill("SIGTERM"); await gone; }
        offices[number] = start("office", port, version, `office-${number + 1}`, { PGPORT: pgport });
        await ready(port);
    }
}
async function ready(port) {
    for (;;) { try { if ((await ask("GET", "/healthz", undefined, port)) === 200) return; } catch { await wait(50); } }
}
function ask(method, path, body, port = 4000) {
    return new Promise((go, fail) => {
        const request = http.request({ host: "127.0.0.1", port, method, path, agent: false,
            headers: { "content-type": "application/json" } }, answer => { answer.resume(); answer.on("end", () => go(answer.statusCode)); });
        request.on("error", fail);
        request.end(body && JSON.stringify(body));
    });
}

async function visits(until, perSecond) {
    const answers = {}, open = [];
    let at = Date.now();
    while (at < until) {
        at += -Math.log(random()) / perSecond * 1000;
        await wait(at - Date.now());
        const show = 1 + Math.floor(random() * 41), kind = random();
        const asked = kind < 0.3 ? ask("GET", "/api/shows") : kind < 0.7 ? ask("GET", `/api/shows/${show}`)
            : kind < 0.9 ? ask("POST", "/api/orders", { show_id: Math.min(show, 40), seats: random() < 0.06 ? 9 : 1 + Math.floor(random() * 4) })
            : ask("GET", "/api/prices");
        open.push(asked.then(status => { answers[status] = (answers[status] || 0) + 1; }, error => { answers[error.code] = (answers[error.code] || 0) + 1; }));
    }
    await Promise.all(open);
    return answers;
}

await tables();
await deploy("5.2.0", process.env.PGPORT);
const gateway = start("gateway", 4000, "1.9.3", "gateway-1", { OFFICES: "4001,4002" });
await ready(4000);
const began = Date.now(), end = began + seconds * 1000;
const going = visits(end, 6);
await wait(began + seconds * 300 - Date.now());
console.log(new Date().toISOString(), "deploy 5.3.0");
await deploy("5.3.0", String(Number(process.env.PGPORT) + 1));
await wait(began + seconds * 700 - Date.now());
console.log(new Date().toISOString(), "back to 5.2.0");
await deploy("5.2.0", process.env.PGPORT);
console.log(await going);
for (const one of [gateway, ...offices]) { const gone = new Promise(go => one.on("exit", go)); one.kill("SIGTERM"); await gone; }
await wait(300);
collector.close();
file.end();
process.exit(0);
