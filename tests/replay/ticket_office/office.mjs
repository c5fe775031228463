// The ticket office: shows and orders, kept in PostgreSQL. Settings come from the environment, as in a container.
import express from "express";
import pg from "pg";

const pool = new pg.Pool({ max: 4, connectionTimeoutMillis: 2000 });
pool.on("error", () => {});  // an idle connection that dies is no reason to stop
const app = express();
app.use(express.json());

const route = work => async (request, response, next) => {
    try { await work(request, response); } catch (error) { next(error); }
};

app.get("/shows", route(async (request, response) => {
    const { rows } = await pool.query("SELECT show_id, title, starts_on FROM shows ORDER BY starts_on LIMIT 20");
    response.json(rows);
}));
app.get("/shows/:id", route(async (request, response) => {
    const show = await pool.query("SELECT show_id, title, starts_on FROM shows WHERE show_id = $1", [request.params.id]);
    if (!show.rows.length) return response.status(404).json({ error: "no such show" });
    const left = await pool.query("SELECT count(*) FROM seats WHERE show_id = $1 AND order_id IS NULL", [request.params.id]);
    response.json({ ...show.rows[0], seats_left: Number(left.rows[0].count) });
}));
app.post("/orders", route(async (request, response) => {
    const { show_id, seats } = request.body;
    if (seats > 8) throw new RangeError("a group of more than eight has no price yet");  // the program's own mistake
    const client = await pool.connect();
    try {
        await client.query("BEGIN");
        const order = await client.query("INSERT INTO orders (show_id) VALUES ($1) RETURNING order_id", [show_id]);
        const taken = await client.query(
            "UPDATE seats SET order_id = $1 WHERE seat_id IN (SELECT seat_id FROM seats WHERE show_id = $2 AND order_id IS NULL ORDER BY seat_id LIMIT $3 FOR UPDATE SKIP LOCKED)",
            [order.rows[0].order_id, show_id, seats]);
        if (taken.rowCount < seats) {
            await client.query("ROLLBACK");
            return response.status(409).json({ error: "sold out" });
        }
        await client.query("COMMIT");
        response.status(201).json({ order_id: order.rows[0].order_id });
    } finally {
        client.release();
    }
}));
app.get("/prices", (request, response) => response.json({ stalls: 24, circle: 18 }));  // asks no database
app.get("/healthz", (request, response) => response.send("ok"));
app.use((error, request, response, next) => response.status(500).json({ error: "internal error" }));
const server = app.listen(Number(process.env.PORT), "127.0.0.1");
process.on("SIGTERM", () => { server.close(); server.closeIdleConnections(); });  // telemetry.mjs ends the process
