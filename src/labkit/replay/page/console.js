// The console's page: controls on the left of a click, series on its right. It draws what the engine computed and
// computes nothing but places on the screen. What it does not hold it asks the kernel for, through `settings`.
// With a running bank behind it, live.js draws in its place; the kernel sends both as one text.

const WIDTH = 960, LEFT = 64, RIGHT = 12, INNER = WIDTH - LEFT - RIGHT;
const LANES = {
    ratio: { top: 26, height: 150, name: "failed requests (%)" },
    p95: { top: 208, height: 84, name: "p95 latency (s)" },
    waiting: { top: 324, height: 60, name: "waiting for a connection" },
    ping: { top: 416, height: 26, name: "ping of the database host" },
};
const HEIGHT = 496;
const PARTS = ["user", "host", "port", "dbname", "sslmode", "options"];
const SSLMODES = ["", "disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
const AFTER_FRAME_MS = 20;

/** Write settings in one way, so that equal ones are equal texts. */
export function keyOf(settings) {
    return JSON.stringify(Object.keys(settings).sort().map(name => [name, settings[name]]));
}

/** Write what a result shows, whichever way it was asked for. */
function contents(result) {
    return JSON.stringify({ ...result, asked: null });
}

/** Write the clock of a minute of the record: "15:12". */
export function clock(begin, minute) {
    return new Date(begin + minute * 60000).toISOString().slice(11, 16);
}

/** Minutes between two labels of the time axis: six to twelve labels, whatever the length. */
export function tickMinutes(minutes) {
    return [1, 2, 5, 10, 15, 30, 60, 120, 240, 480].find(step => minutes / step <= 12) || 1440;
}

/** Share of failed requests of each minute. */
export function ratios(course) {
    return course.requests.map((all, minute) => all ? course.failed[minute] / all : 0);
}

/** A line of steps through the values of all minutes; a gap where there is no value. */
export function steps(values, lane, most) {
    const wide = INNER / values.length;
    let path = "", open = false;
    values.forEach((value, minute) => {
        if (value === null) { open = false; return; }
        const x = LEFT + minute * wide;
        const y = lane.top + lane.height * (1 - Math.min(value / most, 1));
        path += `${open ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}L${(x + wide).toFixed(1)} ${y.toFixed(1)}`;
        open = true;
    });
    return path;
}

/** Compose a connection string from edited parts; the password is masked or left out, never written. */
export function compose(parts, password) {
    const safe = text => encodeURIComponent(text);
    const secret = password === "none" ? "" : ":***";
    const user = parts.user || secret ? `${safe(parts.user || "")}${secret}@` : "";
    const port = parts.port ? `:${safe(parts.port)}` : "";
    const more = ["sslmode", "options"].filter(name => parts[name]).map(name => `${name}=${safe(parts[name])}`);
    const query = more.length ? `?${more.join("&")}` : "";
    return `postgresql://${user}${safe(parts.host || "")}${port}/${safe(parts.dbname || "")}${query}`;
}

function node(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
        else if (value === true) made.setAttribute(name, "");
        else if (value !== false && value !== null) made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
}

function drawn(tag, attributes = {}, text = "") {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text) made.textContent = text;
    return made;
}

function labelled(text, control) {
    return node("label", {}, node("span", {}, text), control);
}

function select(name, options, change) {
    const made = node("select", { name, onchange: change });
    for (const [value, text] of options) made.append(node("option", { value }, text));
    return made;
}

/** The picture: lanes, ghost, line, marks of events, cursor. */
class Picture {
    constructor(record, move) {
        this.record = record;
        this.svg = drawn("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "picture" });
        this.lines = {};
        for (const [name, lane] of Object.entries(LANES)) this.frame(name, lane);
        this.hours();
        this.events();
        this.pings();
        this.cursor = drawn("line", { class: "cursor", y1: 20, y2: HEIGHT - 48 });
        this.svg.append(this.cursor);
        let held = false;
        const follow = event => { if (held) move(this.minuteAt(event)); };
        this.svg.addEventListener("pointerdown", event => {
            held = true;
            this.svg.setPointerCapture(event.pointerId);
            follow(event);
        });
        this.svg.addEventListener("pointermove", follow);
        this.svg.addEventListener("pointerup", () => { held = false; });
        this.svg.addEventListener("pointercancel", () => { held = false; });
    }

    minuteAt(event) {
        const box = this.svg.getBoundingClientRect();
        const x = (event.clientX - box.left) / box.width * WIDTH - LEFT;
        return Math.max(0, Math.min(this.record.minutes - 1, Math.floor(x / INNER * this.record.minutes)));
    }

    x(minute) { return LEFT + INNER * minute / this.record.minutes; }

    frame(name, lane) {
        this.svg.append(
            drawn("text", { class: "title", x: LEFT, y: lane.top - 7 }, lane.name),
            drawn("line", { class: "axis", x1: LEFT, x2: WIDTH - RIGHT, y1: lane.top + lane.height, y2: lane.top + lane.height }),
        );
        if (name === "ping") return;
        this.lines[name] = {
            most: drawn("text", { class: "tick", x: LEFT - 6, y: lane.top + 5, "text-anchor": "end" }),
            ghost: drawn("path", { class: "ghost" }),
            line: drawn("path", { class: `line ${name}` }),
        };
        this.svg.append(
            drawn("text", { class: "tick", x: LEFT - 6, y: lane.top + lane.height + 4, "text-anchor": "end" }, "0"),
            this.lines[name].most, this.lines[name].ghost, this.lines[name].line,
        );
    }

    hours() {
        const step = tickMinutes(this.record.minutes) * 60000;
        const first = Math.ceil(this.record.begin / step) * step;
        for (let at = first; at <= this.record.begin + this.record.minutes * 60000; at += step) {
            const minute = (at - this.record.begin) / 60000;
            const anchor = this.x(minute) < WIDTH - RIGHT - 20 ? "middle" : "end";
            this.svg.append(
                drawn("text", { class: "tick", x: this.x(minute), y: HEIGHT - 32, "text-anchor": anchor },
                    new Date(at).toISOString().slice(11, 16)),
                drawn("line", { class: "grid", x1: this.x(minute), x2: this.x(minute), y1: 20, y2: HEIGHT - 48 }),
            );
        }
        this.svg.append(drawn("text", { class: "tick", x: LEFT + INNER / 2, y: HEIGHT - 8, "text-anchor": "middle" }, "time (UTC)"));
    }

    events() {
        const marks = { deployment: "M0 0L5 9L-5 9Z", page: "M-4 1L4 1L4 9L-4 9Z", report: "M0 0L5 5L0 10L-5 5Z" };
        for (const event of this.record.events) {
            if (!marks[event.kind]) continue;
            const mark = drawn("path", { class: `mark ${event.kind}`, d: marks[event.kind],
                transform: `translate(${this.x(event.minute).toFixed(1)} 176)` });
            mark.append(drawn("title", {}, `${event.clock} ${event.kind}: ${event.text}`));
            this.svg.append(mark);
        }
    }

    pings() {
        const lane = LANES.ping, wide = INNER / this.record.minutes;
        for (const ping of this.record.pings) {
            const lost = ping.loss > 0;
            this.svg.append(drawn("rect", { class: lost ? "ping lost" : "ping", x: this.x(ping.minute).toFixed(1),
                y: lost ? lane.top : lane.top + lane.height - 12, width: Math.max(wide - 0.6, 0.5).toFixed(1),
                height: lost ? lane.height : 12 }));
        }
        if (!this.record.pings.length) {
            this.svg.append(drawn("text", { class: "tick", x: LEFT + 8, y: lane.top + 18 }, "not measured"));
        }
    }

    draw(result) {
        const ghost = this.record.recorded, seconds = course => course.p95.map(ms => ms === null ? null : ms / 1000);
        const lane = (name, now, was, least, unit) => {
            const all = [...now, ...was].filter(value => value !== null);
            const most = name === "ratio" ? 1 : Math.max(least, ...all);
            this.lines[name].ghost.setAttribute("d", steps(was, LANES[name], most));
            this.lines[name].line.setAttribute("d", steps(now, LANES[name], most));
            this.lines[name].most.textContent = name === "ratio" ? "100" : unit(most);
        };
        lane("ratio", ratios(result), ratios(ghost), 1);
        lane("p95", seconds(result), seconds(ghost), 0.5, most => most.toFixed(1));
        lane("waiting", result.waiting, ghost.waiting, 4, most => String(most));
        const worst = Math.max(...ratios(result));
        this.svg.setAttribute("aria-label",
            `${result.sentence} By the minute at most ${Math.round(worst * 100)} % of the requests fail; ` +
            `the recorded course stands behind it as a dashed line.`);
    }

    point(minute) {
        const x = this.x(minute + 0.5).toFixed(1);
        this.cursor.setAttribute("x1", x);
        this.cursor.setAttribute("x2", x);
    }
}

/** The controls: they read and show settings, and know nothing of results. */
class Controls {
    constructor(record, changed) {
        this.record = record;
        this.changed = changed;
        this.parts = { ...record.parts };
        this.id = `labkit-console-${Math.random().toString(36).slice(2)}`;  // each widget loads this file anew
        this.fields = {};
        this.element = node("div", { class: "controls" }, this.strings(), this.switches());
    }

    strings() {
        const radio = (value, text) => {
            const made = node("input", { type: "radio", name: this.id, value, onchange: () => this.changed() });
            this.fields[value] = made;
            return node("label", { class: "choice" }, made, node("span", {}, text));
        };
        this.editor = node("div", { class: "parts", hidden: true });
        for (const name of PARTS) {
            const changed = () => { this.parts[name] = this.fields[name].value; this.changed(); };
            this.fields[name] = name === "sslmode"
                ? select(name, SSLMODES.map(value => [value, value || "(not set)"]), changed)
                : node("input", { type: "text", name, spellcheck: "false", autocomplete: "off", onchange: changed });
            this.editor.append(labelled(name, this.fields[name]));
        }
        this.fields.password = select("password",
            [["as recorded", "as recorded"], ["another", "another one"], ["none", "none"]], () => this.changed());
        this.editor.append(labelled("password", this.fields.password));
        const edit = radio("edit", "edit the parts");
        edit.hidden = !this.record.strings;
        return node("fieldset", { disabled: !this.record.changed },
            node("legend", {}, this.record.strings || !this.record.changed ? "Connection string of the update" : "One setting of the update"),
            ...(this.record.changed ? [] : [node("p", { class: "note" }, "No deployment of this record changed a connection string.")]),
            radio("as deployed", "as deployed"), radio("as corrected", "corrected"), edit, this.editor);
    }

    switches() {
        const changed = () => this.changed();
        const check = (name, text) => {
            this.fields[name] = node("input", { type: "checkbox", name, onchange: changed });
            return node("label", { class: "choice" }, this.fields[name], node("span", {}, text));
        };
        const choose = (name, text, options) => labelled(text, this.fields[name] = select(name, options, changed));
        const time = (name, text) => labelled(text,
            this.fields[name] = node("input", { type: "text", name, class: "time", placeholder: "14:50", spellcheck: "false", autocomplete: "off",
                onchange: changed }));
        const number = (name, text, least, step) => labelled(text,
            this.fields[name] = node("input", { type: "number", name, min: least, step, onchange: changed }));
        const box = node("fieldset", {}, node("legend", {}, "What if"),
            choose("rollback", "rollback", [["as recorded", "as recorded"],
                ...this.record.moments.map(moment => [moment, `at ${moment}`]), ["never", "never"], ["at", "at ..."]]),
            time("rollback_at", "rollback at (UTC)"),
            choose("detection", "who notices", [["people", "people"], ["burn rate", "a 14.4x burn-rate page"],
                ["threshold", "an alarm at 1 %"]]),
            choose("workers", "workers", [["1", "as recorded"], ["2", "twice"], ["4", "four times"]]),
            time("workers_at", "from (UTC; empty: always)"),
            choose("canary", "canary", [["0", "none"], ["0.05", "5 % for ten minutes"], ["0.2", "20 % for ten minutes"]]),
            choose("retries", "retries", [["0", "none"], ["3 jitter", "3, with jitter"], ["3", "3, without jitter"]]),
            number("pool_size", "pool size", 1, 1), number("pool_timeout_s", "pool timeout (s)", 0.05, "any"),
            check("connectivity_test", "connectivity test in the pipeline"), check("manual_ledger", "manual ledger"));
        this.fields.connectivity_test.parentElement.hidden = this.record.changed && !this.record.strings;
        if (!this.record.changed) {
            for (const name of ["rollback", "detection", "canary", "connectivity_test", "manual_ledger"]) this.fields[name].disabled = true;
        }
        return box;
    }

    /** Read the settings that the controls stand for. */
    read(base) {
        const f = this.fields, edited = f.edit.checked;
        const chosen = f["as corrected"].checked ? "as corrected" : "as deployed";
        const password = f.password.value;
        const rollback = f.rollback.value === "at" ? f.rollback_at.value || "as recorded" : f.rollback.value;
        return {
            ...base,
            dsn_after: edited ? compose(this.parts, password) : chosen,
            password_after: edited && password === "another" ? "another" : "as recorded",
            rollback,
            detection: f.detection.value,
            workers: Number(f.workers.value),
            workers_at: f.workers_at.value || "as recorded",
            canary: Number(f.canary.value),
            retries: parseInt(f.retries.value, 10),
            retry_jitter: f.retries.value !== "3",
            pool_size: f.pool_size.value ? Number(f.pool_size.value) : null,
            pool_timeout_s: f.pool_timeout_s.value ? Number(f.pool_timeout_s.value) : null,
            connectivity_test: f.connectivity_test.checked,
            manual_ledger: f.manual_ledger.checked,
        };
    }

    /** Show settings that came from somewhere else. */
    show(settings) {
        const f = this.fields, known = ["as deployed", "as corrected"].includes(settings.dsn_after);
        f[known ? settings.dsn_after : "edit"].checked = true;
        if (!known) this.take(settings);
        for (const name of PARTS) f[name].value = this.parts[name] || "";
        const [, time] = /(\d\d:\d\d(?::\d\d)?)$/.exec(settings.rollback) || [];
        const listed = [...f.rollback.options].some(option => option.value === settings.rollback);
        f.rollback.value = listed ? settings.rollback : "at";
        f.rollback_at.value = listed ? "" : time || "";
        f.detection.value = settings.detection;
        this.pick(f.workers, String(settings.workers), `${settings.workers} times`);
        f.workers_at.value = (/(\d\d:\d\d(?::\d\d)?)$/.exec(settings.workers_at) || [""])[0];
        this.pick(f.canary, String(settings.canary), `${settings.canary * 100} %`);
        const retries = settings.retries ? `${settings.retries}${settings.retry_jitter ? " jitter" : ""}` : "0";
        this.pick(f.retries, retries, retries);
        f.pool_size.value = settings.pool_size ?? "";
        f.pool_timeout_s.value = settings.pool_timeout_s ?? "";
        f.connectivity_test.checked = settings.connectivity_test;
        f.manual_ledger.checked = settings.manual_ledger;
        this.reveal();
    }

    take(settings) {
        try {
            const url = new URL(settings.dsn_after.replace(/^postgres(ql)?:/, "http:"));
            const plain = decodeURIComponent;
            this.parts = { user: plain(url.username), host: plain(url.hostname), port: url.port || (/:80\//.test(settings.dsn_after) ? "80" : ""),
                dbname: plain(url.pathname.slice(1)), sslmode: url.searchParams.get("sslmode") || "",
                options: url.searchParams.get("options") || "" };
            this.fields.password.value = url.password ? settings.password_after : "none";
        } catch { /* a text that is no address has no parts to show */ }
    }

    pick(field, value, text) {
        if (![...field.options].some(option => option.value === value)) field.append(node("option", { value }, text));
        field.value = value;
    }

    reveal() {
        this.editor.hidden = !this.fields.edit.checked;
        this.fields.rollback_at.parentElement.hidden = this.fields.rollback.value !== "at";
        this.fields.workers_at.parentElement.hidden = this.fields.workers.value === "1";
    }
}

/** Play, pause, speed and the scrubber. */
class Player {
    constructor(record, move) {
        this.record = record;
        this.move = move;
        this.timer = null;
        this.range = node("input", { type: "range", min: 0, max: record.minutes - 1, value: 0, step: 1,
            "aria-label": "Time (UTC)", oninput: () => this.go(Number(this.range.value)) });
        this.button = node("button", { type: "button", onclick: () => this.toggle() }, "Play");
        this.speed = select("speed", [["1", "1 minute a second"], ["5", "5 minutes a second"], ["15", "15 minutes a second"]],
            () => { if (this.timer) { this.stop(); this.play(); } });
        this.speed.value = "5";
        this.output = node("output", { class: "readout" });
        this.element = node("div", { class: "player" }, this.button, this.range, labelled("speed", this.speed), this.output);
    }

    get minute() { return Number(this.range.value); }

    go(minute) {
        this.range.value = minute;
        this.move(minute);
    }

    toggle() { if (this.timer) this.stop(); else this.play(); }

    play() {
        if (this.minute >= this.record.minutes - 1) this.go(0);
        this.button.textContent = "Pause";
        this.timer = setInterval(() => {
            if (this.minute >= this.record.minutes - 1) this.stop();
            else this.go(this.minute + 1);
        }, 1000 / Number(this.speed.value));
    }

    stop() {
        clearInterval(this.timer);
        this.timer = null;
        this.button.textContent = "Play";
    }
}

function pieces(tokens) {
    const code = node("code");
    for (const [text, differs] of tokens) code.append(differs ? node("mark", {}, text) : text);
    return code;
}

/** Say what a minute shows, in words. */
export function readout(record, result, minute) {
    const at = clock(record.begin, minute), all = result.requests[minute], p95 = result.p95[minute];
    const ping = record.pings.find(one => one.minute === minute);
    const rtt = ping && ping.rtt !== null ? `ping ${ping.rtt} ms, ${ping.loss ? `${Math.round(ping.loss * 100)} % lost` : "none lost"}` : "";
    const slow = p95 === null ? "" : `p95 ${(p95 / 1000).toFixed(2)} s`;
    return [`${at} UTC: ${result.failed[minute]} of ${all} requests fail`, slow, `${result.waiting[minute]} waiting`, rtt]
        .filter(Boolean).join("; ");
}

/** Number of requests that failed from the beginning to the end of a minute. */
export function failedUntil(result, minute) {
    return result.failed.slice(0, minute + 1).reduce((sum, n) => sum + n, 0);
}

/** Minutes of outage up to the end of a minute: at least half of the requests failed. */
export function outageUntil(result, minute) {
    return ratios(result).slice(0, minute + 1).filter(ratio => ratio >= 0.5).length;
}

function figures(element, record, result, minute) {
    const n = result.numbers, was = record.recorded.numbers;
    const percent = share => `${Math.round(share * 100)}%`;
    const unnoticed = record.reported || result.settings.detection !== "people" ? "never" : "not recorded";
    const rows = [
        ["requests failed", n.failed, was.failed],
        ["minutes of outage", n.outage, was.outage],
        ["of a month's error budget", percent(n.budget), percent(was.budget)],
    ];
    if (record.changed) rows.push(
        ["noticed", n.detected || (n.harmed ? unnoticed : "not needed"), was.detected || unnoticed],
        ["rolled back", n.mitigated || (n.harmed ? "never" : "not needed"), was.mitigated || "never"],
        ["visits harmed", n.harmed, was.harmed]);
    if (result.settings.manual_ledger) rows.push(["served by hand", n.by_hand, 0]);
    if (result.settings.retries) rows.push(["attempts more", n.retries, 0]);
    element.replaceChildren(...rows.map(([name, now, before]) => node("div", { class: "figure" },
        node("dt", {}, name), node("dd", {}, node("b", {}, now.toLocaleString("en")),
            node("span", { class: "was" }, `record ${before.toLocaleString("en")}`)))));
}

export default {
    render({ model, el }) {
        if (model.get("live")?.on) return renderLive({ model, el });
        const record = model.get("record");
        const held = new Map(model.get("prepared").map(result => [keyOf(result.settings), result]));
        let result = model.get("result");
        held.set(keyOf(result.settings), result);

        const sentence = node("p", { class: "sentence", role: "status", "aria-live": "polite" });
        const alert = node("p", { class: "error", role: "alert", hidden: true });
        const numbers = node("dl", { class: "figures" });
        const strings = node("div", { class: "strings" });
        const ticker = node("ol", { class: "ticker", "aria-label": "As recorded, until then" });
        const assumed = node("ul"), code = node("code", { class: "code" });
        const burned = node("meter", { min: 0, max: 100, low: 50, high: 99, optimum: 0, "aria-label": "Error budget burned until then" });
        const burnedText = node("span", { class: "burned" });
        const picture = new Picture(record, minute => player.go(minute));
        const player = new Player(record, show);
        const controls = new Controls(record, ask);
        const large = node("input", { type: "checkbox", name: "large", onchange: () => root.classList.toggle("large", large.checked) });

        const root = node("section", { class: "labkit-console", "aria-label": "Replay console", tabindex: -1 },
            controls.element, alert, sentence, numbers, strings,
            node("div", { class: "legend", "aria-hidden": "true" },
                node("span", { class: "key now" }, "this replay"), node("span", { class: "key was" }, "as recorded"),
                node("span", {}, "▲ deployment  ◆ user report  ■ page")),
            picture.svg, player.element,
            node("div", { class: "until" }, node("span", {}, "error budget burned until then"), burned, burnedText),
            node("div", { hidden: !record.events.length },
                node("p", { class: "ticker-head", "aria-hidden": "true" }, "As recorded, until then"), ticker),
            node("details", {}, node("summary", {}, "What this replay assumes"), assumed),
            node("div", { class: "foot" }, code, node("label", { class: "choice" }, large, node("span", {}, "large type"))));
        // Keys that are pressed in here are for here: JupyterLab would take `d d` for "delete this cell".
        const keep = event => { if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); };
        root.addEventListener("keydown", keep);
        // A click on a text leaves the focus with the notebook's cell, where `d d` deletes it: take it in here.
        const hold = () => { if (!root.contains(document.activeElement)) root.focus({ preventScroll: true }); };
        root.addEventListener("click", hold);
        picture.svg.addEventListener("pointerdown", () => setTimeout(() => player.range.focus({ preventScroll: true })));
        el.append(root);

        function show(minute) {
            picture.point(minute);
            const words = readout(record, result, minute);
            player.output.textContent = words;
            player.range.setAttribute("aria-valuetext", words);
            const minutes = outageUntil(result, minute), share = minutes / 43.2;
            burned.value = Math.min(share * 100, 100);
            burnedText.textContent = `${Math.round(share * 100)} % (${failedUntil(result, minute).toLocaleString("en")} requests failed)`;
            const seen = record.events.filter(event => event.minute < minute + 1).slice(-4);
            ticker.replaceChildren(...seen.map(event => node("li", { class: event.kind },
                node("time", {}, event.clock), node("span", { class: "kind" }, event.kind), node("span", {}, event.text))));
        }

        function draw(next) {
            result = next;
            picture.draw(result);
            figures(numbers, record, result);
            sentence.textContent = result.sentence;
            const cause = node("p", { class: "says" }, result.fault ? `The driver would say: ${result.says || "nothing"}` : "");
            strings.replaceChildren(...(record.strings ? [node("dl", {},
                node("dt", {}, "before the update"), node("dd", {}, pieces(result.strings.before)),
                node("dt", {}, "in this replay"), node("dd", {}, pieces(result.strings.after))), cause] : []));
            assumed.replaceChildren(...result.assumptions.map(line => node("li", {}, line)));
            code.textContent = result.code;
            show(player.minute);
        }

        /** A control was used: draw what is held at once, and tell the kernel. */
        function ask() {
            controls.reveal();
            const settings = controls.read(model.get("settings"));
            const known = held.get(keyOf(settings));
            fail("");
            if (known) draw(known);
            model.set("settings", settings);
            if (!known) return model.save_changes();
            setTimeout(() => model.save_changes(), AFTER_FRAME_MS);  // what is seen comes before what is told
        }

        function fail(words) {
            alert.textContent = words;
            alert.hidden = !words;
        }

        const onResult = () => {
            const next = model.get("result");
            held.set(keyOf(next.settings), next);
            held.set(keyOf(next.asked), next);  // the kernel may write a connection string in another way
            const wanted = keyOf(next.asked) === keyOf(model.get("settings"));
            if (wanted && contents(next) !== contents(result)) draw(next);  // what was held is drawn already
        };
        const onSettings = () => {
            const settings = model.get("settings"), known = held.get(keyOf(settings));
            controls.show(settings);
            if (known && known !== result) draw(known);
        };
        const onError = () => fail(model.get("error"));
        model.on("change:result", onResult);
        model.on("change:settings", onSettings);
        model.on("change:error", onError);

        controls.show(model.get("settings"));
        player.go(record.onset);
        draw(result);
        onError();
        return () => {
            player.stop();
            root.removeEventListener("keydown", keep);
            root.removeEventListener("click", hold);
            model.off("change:result", onResult);
            model.off("change:settings", onSettings);
            model.off("change:error", onError);
        };
    },
};
