// The console of a running bank: the string in force there, and what the bank has answered in the last two minutes.
// The kernel is asked for the last seconds by message; it counts, the page draws.

const SPAN_S = 120, POLL_MS = 500, BACK_S = 10, QUIET_MS = 5000;
const LIVE_LANES = {
    requests: { top: 26, height: 90, name: "requests a second that need the database", least: 5 },
    failed: { top: 156, height: 120, name: "failed requests (%)", least: 1 },
    p95: { top: 316, height: 110, name: "p95 latency (s)", least: 0.5 },
};

/** Values of each second of the span before `end`; null where nothing was answered. */
function liveValues(seconds, end) {
    const values = { requests: [], failed: [], p95: [] };
    for (let at = end - SPAN_S; at < end; at += 1) {
        const [requests, failed, p95] = seconds.get(at) || [0, 0, null];
        values.requests.push(requests);
        values.failed.push(requests ? failed / requests : null);
        values.p95.push(p95 === null ? null : p95 / 1000);
    }
    return values;
}

/** Say the last second that has answers, in words. */
function liveWords(seconds, end) {
    for (let at = end - 1; at >= end - 6; at -= 1) {
        const found = seconds.get(at);
        if (!found?.[0]) continue;
        const [requests, failed, p95] = found;
        return `${requests} requests a second, ${Math.round(100 * failed / requests)} % fail, p95 ${(p95 / 1000).toFixed(2)} s`;
    }
    return "no answers in the last seconds";
}

/** How long after a switch the last request began that failed: seconds, or null while some still fail. */
function liveRecovery(seconds, switched) {
    const after = [...seconds.keys()].filter(at => at >= Math.floor(switched)).sort((one, other) => one - other);
    const good = after.filter(at => at > switched && seconds.get(at)[0] && !seconds.get(at)[1]);
    const bad = after.filter(at => seconds.get(at)[1]);
    const last = bad.length ? bad.at(-1) : Math.floor(switched) - 1;
    return good.length && good.at(-1) > last ? Math.max(0, last + 1 - switched) : null;
}

class LivePicture {
    constructor() {
        this.svg = drawn("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "picture live-picture" });
        this.lines = {};
        for (const [name, lane] of Object.entries(LIVE_LANES)) this.frame(name, lane);
        for (let back = 0; back <= SPAN_S; back += 30) {
            const x = LEFT + INNER * (1 - back / SPAN_S);
            this.svg.append(drawn("line", { class: "grid", x1: x, x2: x, y1: 20, y2: HEIGHT - 60 }),
                drawn("text", { class: "tick", x, y: HEIGHT - 42, "text-anchor": back ? "middle" : "end" }, back ? `−${back}` : "now"));
        }
        this.svg.append(drawn("text", { class: "tick", x: LEFT + INNER / 2, y: HEIGHT - 14, "text-anchor": "middle" }, "seconds, by when a request began"));
        this.marks = drawn("g", { class: "switches" });
        this.svg.append(this.marks);
    }

    frame(name, lane) {
        this.lines[name] = {
            line: drawn("path", { class: `line ${name}` }),
            most: drawn("text", { class: "tick", x: LEFT - 6, y: lane.top + 5, "text-anchor": "end" }),
        };
        this.svg.append(
            drawn("text", { class: "title", x: LEFT, y: lane.top - 7 }, lane.name),
            drawn("line", { class: "axis", x1: LEFT, x2: WIDTH - RIGHT, y1: lane.top + lane.height, y2: lane.top + lane.height }),
            drawn("text", { class: "tick", x: LEFT - 6, y: lane.top + lane.height + 4, "text-anchor": "end" }, "0"),
            this.lines[name].most, this.lines[name].line);
    }

    draw(seconds, end, switches, words) {
        for (const [name, values] of Object.entries(liveValues(seconds, end))) {
            const lane = LIVE_LANES[name], known = values.filter(value => value !== null);
            const most = name === "failed" ? 1 : Math.max(lane.least, ...known);
            this.lines[name].line.setAttribute("d", steps(values, lane, most));
            this.lines[name].most.textContent = name === "failed" ? "100" : name === "p95" ? most.toFixed(1) : String(most);
        }
        const inside = switches.filter(([at]) => at > end - SPAN_S);
        this.marks.replaceChildren(...inside.flatMap(([at, said], number) => {
            const x = LEFT + INNER * (1 - Math.max(0, end - at) / SPAN_S), anchor = x > WIDTH / 2 ? "end" : "start";
            return [drawn("line", { class: "cursor", x1: x, x2: x, y1: 20, y2: HEIGHT - 60 }),
                drawn("text", { class: "tick", x: x + (anchor === "end" ? -5 : 5), y: 30 + number % 4 * 16, "text-anchor": anchor }, said)];
        }));
        this.svg.setAttribute("aria-label", `The running bank over the last two minutes; now ${words}.`);
    }
}

function renderLive({ model, el }) {
    const record = { ...model.get("record"), parts: model.get("live").parts, changed: true, strings: true };
    const seconds = new Map(), switches = [];
    let answered = performance.now(), told = "", changing = false;

    const sentence = node("p", { class: "sentence", role: "status", "aria-live": "polite" });
    const alert = node("p", { class: "error", role: "alert", hidden: true });
    const now = node("output", { class: "readout live-now" });
    const strings = node("div", { class: "strings" });
    const picture = new LivePicture();
    const controls = new Controls(record, ask);
    controls.element.lastChild.remove();
    controls.element.querySelector("legend").textContent = "Connection string of the running bank";
    const large = node("input", { type: "checkbox", name: "large", onchange: () => root.classList.toggle("large", large.checked) });
    const root = node("section", { class: "labkit-console live", "aria-label": "Live console" }, controls.element, alert, sentence,
        strings, now, picture.svg,
        node("div", { class: "foot" }, node("span", { class: "live-key" }, "live: the bank that runs now"),
            node("label", { class: "choice" }, large, node("span", {}, "large type"))));
    const keep = event => { if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); };
    root.addEventListener("keydown", keep);
    el.append(root);

    /** A control was used: the kernel changes the bank, and says so when it has. */
    function ask() {
        controls.reveal();
        fail("");
        const settings = controls.read(model.get("settings")), inForce = model.get("live").now.map(([text]) => text).join("");
        if (settings.dsn_after === inForce && settings.password_after === model.get("live").choice.password_after) return;
        changing = true;
        say("The bank is told its other connection string ...");
        model.set("settings", settings);
        model.save_changes();
    }

    function fail(words) {
        alert.textContent = words;
        alert.hidden = !words;
        if (words) changing = false;
    }

    /** The live region speaks what changes, not every second's numbers. */
    function say(words) {
        if (words !== told) sentence.textContent = told = words;
    }

    function show() {
        const live = model.get("live");
        controls.parts = { ...live.parts };
        controls.show({ ...model.get("settings"), ...live.choice });
        strings.replaceChildren(node("dl", {}, node("dt", {}, "the right one"), node("dd", {}, pieces(live.right)),
            node("dt", {}, "in force now"), node("dd", {}, pieces(live.now))));
        if (live.switched && switches.at(-1)?.[0] !== live.switched) switches.push([live.switched, live.said]);
        changing = false;
        draw();
    }

    function draw(end = Date.now() / 1000) {
        const words = liveWords(seconds, Math.floor(end));
        picture.draw(seconds, Math.floor(end), switches, words);
        now.textContent = `Now: ${words}.`;
        if (changing) return;
        if (performance.now() - answered > QUIET_MS) say("The kernel is busy; the lines wait.");
        else say(outcome());
    }

    function outcome() {
        const [at, said] = switches.at(-1) || [0, ""];
        if (!at) return "The bank runs. Choose another string: traffic goes on.";
        const clockwise = new Date(at * 1000).toISOString().slice(11, 19), recovered = liveRecovery(seconds, at);
        const when = recovered > 0.05 ? `later than ${recovered.toFixed(1)} s after it` : "after it";
        const state = recovered === null ? "requests fail, or have no answer yet" : `no request fails that began ${when}`;
        return `${said[0].toUpperCase()}${said.slice(1)} since ${clockwise} UTC: ${state}.`;
    }

    const onMessage = message => {
        if (message?.kind !== "seconds") return;
        answered = performance.now();
        if (message.error) { fail(message.error); return; }
        for (const [at, ...values] of message.seconds) seconds.set(at, values);
        for (const at of seconds.keys()) if (at < message.now - SPAN_S - BACK_S) seconds.delete(at);
        draw(message.now);
    };
    const poll = back => { if (!document.hidden) model.send({ kind: "poll", seconds: back }); else seconds.clear(); };
    const onError = () => fail(model.get("error"));
    model.on("msg:custom", onMessage);
    model.on("change:live", show);
    model.on("change:error", onError);
    show();
    poll(SPAN_S);
    const timer = setInterval(() => {
        poll(seconds.size && performance.now() - answered < QUIET_MS ? BACK_S : SPAN_S);
        if (performance.now() - answered > QUIET_MS) draw();
    }, POLL_MS);
    return () => {
        clearInterval(timer);
        root.removeEventListener("keydown", keep);
        model.off("msg:custom", onMessage);
        model.off("change:live", show);
        model.off("change:error", onError);
    };
}
