// The projector's window: it shows the state, and keeps the consoles alive.

const WORDS = { answer: "An answer waits", think: "Time to think", judged: "The evidence waits" };
const deck = new Deck(byId("stage"));
const models = [];
const channel = new Channel(show, answer => models[answer.console]?.hear(answer));
const move = change => channel.change(change(channel.state));

/** In place of a notebook's model: prepared replays are in the page, others are asked from the server. */
class Model {
    constructor(number, state, keyOf) {
        this.number = number;
        this.data = state;
        this.keyOf = keyOf;
        this.held = new Set(state.prepared.map(result => keyOf(result.settings)));
        this.listeners = new Map();
    }

    get(name) { return this.data[name]; }

    set(name, value) { this.data[name] = value; }

    on(event, listener) { this.listeners.set(event, listener); }

    off(event) { this.listeners.delete(event); }

    save_changes() {
        const settings = this.data.settings;
        this.asked = this.keyOf(settings);
        if (this.held.has(this.asked)) return;
        if (channel.tell({ ask: { console: this.number, settings } })) return;
        const why = LAB.handout
            ? `This page holds ${this.held.size} replays: each switch alone, and any two together. For all others open the lab.`
            : "The server does not answer: is labkit present still running?";
        this.put("error", why);
    }

    put(name, value) {
        this.data[name] = value;
        this.listeners.get(`change:${name}`)?.();
    }

    hear({ result, error }) {
        if (result) this.put("result", result);
        this.put("error", error);
    }
}

async function startConsoles() {
    const places = [...document.querySelectorAll("[data-console]")];
    if (!places.length) return;
    const text = JSON.parse(byId("console-script").textContent);
    const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    const { default: widget, keyOf } = await import(address);
    URL.revokeObjectURL(address);
    for (const place of places) {
        const number = Number(place.dataset.console), model = new Model(number, LAB.consoles[number], keyOf);
        models[number] = model;
        place.replaceChildren();
        widget.render({ model, el: place });
        place.querySelector("[name=large]")?.closest("label").remove();
        place.querySelector(".labkit-console").removeAttribute("tabindex");  // a click on a text leaves the keys with the lab
        place.querySelector(".ticker")?.setAttribute("tabindex", "0");  // it scrolls by keyboard, too
    }
}

function show(state, before) {
    deck.pages.forEach(({ element, fragments }, page) => {
        element.hidden = page !== state.page;
        const shown = deck.shown(state, page);
        fragments.forEach((fragment, place) => {
            fragment.hidden = place >= shown;
            fragment.classList.toggle("newest", place === shown - 1);
        });
    });
    bar(state);
    look(state);
    choices(state);
    const moved = state.page !== before.page, opened = deck.shown(state, state.page) > deck.shown(before, state.page);
    if (moved) { pause(before.page); byId("stage").scrollTop = 0; history.replaceState(null, "", `#${state.page + 1}`); }
    if (moved || opened) { reach(state, moved); say(state, moved); }
    if (state.timer && !before.timer) speak(`Timer: ${state.timer.seconds} seconds.`);
    document.body.classList.toggle("lost", channel.lost);
}

/** Stop the console of a page that is left: nobody sees it play. */
function pause(page) {
    for (const button of deck.pages[page].element.querySelectorAll(".player button")) if (button.textContent === "Pause") button.click();
}

/** Bring what was just shown into sight: its end, or its beginning where it is too long. */
function reach(state, moved) {
    const newest = deck.pages[state.page].element.querySelector(".newest"), stage = byId("stage");
    if (!newest || moved) return;
    newest.scrollIntoView({ block: newest.offsetHeight > stage.clientHeight ? "start" : "nearest" });
}

function say(state, moved) {
    const { title, fragments } = deck.pages[state.page], fragment = fragments[deck.shown(state, state.page) - 1];
    const text = fragment && !fragment.querySelector(".console") ? fragment.innerText.replace(/\s+/g, " ").trim().slice(0, 300) : "";
    speak(`${moved ? `${title}. ` : ""}${text}`);
}

function speak(words) { byId("spoken").textContent = words; }

function bar(state) {
    const fragment = deck.waiting(state), gate = deck.isGate(fragment);
    const kind = gate && WORDS[fragment.classList[1]];
    byId("place").textContent = `${state.page + 1} of ${deck.pages.length}`;
    byId("back").disabled = state.page === 0 && deck.shown(state, 0) <= 1;
    byId("next").disabled = !fragment && state.page === deck.last;
    byId("next").textContent = gate && state.timer ? "Show now" : "Next";
    byId("gate").textContent = channel.lost ? "No connection to labkit present" : state.timer ? "" : kind || "";
    byId("timer").textContent = state.timer ? "Stop timer" : "Start timer";
    byId("think").value = String(state.think);
    tick();
}

function look(state) {
    const dark = state.dark ?? matchMedia("(prefers-color-scheme: dark)").matches;
    document.body.dataset.jpThemeLight = String(!dark);
    document.documentElement.style.setProperty("--size", state.size);
    byId("dark").setAttribute("aria-pressed", dark);
    if (byId("code").getAttribute("aria-pressed") !== String(state.code)) {
        for (const details of document.querySelectorAll("details.code")) details.open = state.code;
    }
    byId("code").setAttribute("aria-pressed", state.code);
}

function choices(state) {
    const hands = (vote, option) => state.votes[vote]?.[option] || 0;
    const most = vote => Math.max(1, ...Object.values(state.votes[vote] || {}));
    for (const element of document.querySelectorAll("[data-vote]")) {
        const { vote, option } = element.dataset, count = hands(vote, option);
        if (element.tagName !== "INPUT") element.classList.contains("hands")
            ? element.textContent = count : element.style.width = `${100 * count / most(vote)}%`;
        else if (element !== document.activeElement) element.value = count;
    }
    for (const element of document.querySelectorAll("[data-branch]")) {
        const open = (state.ways[element.dataset.branch] || []).includes(element.dataset.option);
        if (element.tagName === "BUTTON") element.setAttribute("aria-expanded", open);
        else element.hidden = !open;
    }
}

function tick() {
    const { timer } = channel.state;
    byId("left").textContent = timer ? left(timer) : "";
    byId("sand").style.width = timer ? `${Math.max(0, 100 * (timer.ends - Date.now()) / (1000 * timer.seconds))}%` : "0";
    document.body.classList.toggle("thinking", Boolean(timer));
    if (timer && Date.now() >= timer.ends) { move(state => deck.ended(state)); speak("Time is up."); }
}

/** Hands are whole, and no more than the input takes: what is shown is what is kept. */
function hands(input) { return Math.max(0, Math.min(Number(input.max), Math.floor(Number(input.value) || 0))); }

const notesWindow = () => { if (channel.served) window.open("notes", `notes-${LAB.lab}`, "width=1100,height=760"); };
const timer = state => state.timer ? { timer: null } : deck.start(state);
const resize = by => move(state => ({ size: by ? Math.min(2, Math.max(0.6, Math.round((state.size + by) * 10) / 10)) : 1 }));
const answer = state => deck.isGate(deck.waiting(state)) ? deck.open(state, state.page, deck.shown(state, state.page) + 1) : {};
const again = () => move(() => ({ page: 0, opened: {}, ways: {}, timer: null, began: null }));
/** On paper nothing opens, and paper is light: what is folded stands open while it is printed. */
const folded = [];
addEventListener("beforeprint", () => {
    document.body.dataset.jpThemeLight = "true";
    for (const details of document.querySelectorAll("details:not([open])")) { details.open = true; folded.push(details); }
});
addEventListener("afterprint", () => {
    for (const details of folded.splice(0)) details.open = false;
    look(channel.state);
});

const actions = {
    next: () => move(state => deck.next(state)),
    back: () => move(state => deck.back(state)),
    page: by => move(state => deck.go(state, state.page + by)),
    timer: () => move(timer),
    code: () => move(state => ({ code: !state.code })),
    dark: () => move(() => ({ dark: document.body.dataset.jpThemeLight === "true" })),
    help: () => byId("keys").showModal(),
};
listenToKeys({
    ArrowRight: actions.next, PageDown: actions.next, " ": actions.next, ArrowLeft: actions.back, PageUp: actions.back,
    "Shift+ArrowRight": () => actions.page(1), "Shift+ArrowLeft": () => actions.page(-1),
    Home: () => move(state => deck.go(state, 0)), End: () => move(state => deck.go(state, deck.last)),
    t: actions.timer, a: () => move(answer), c: actions.code, d: actions.dark, n: notesWindow, r: again, "?": actions.help,
    "+": () => resize(0.1), "-": () => resize(-0.1), 0: () => resize(0),
});
for (const name of ["next", "back", "timer", "code", "dark", "help"]) byId(name).addEventListener("click", actions[name]);
byId("notes").addEventListener("click", notesWindow);
byId("think").addEventListener("change", event => move(() => ({ think: Number(event.target.value) })));
document.addEventListener("input", event => {
    const { vote, option } = event.target.dataset;
    if (!vote) return;
    if (event.target.validity.badInput) return;  // half of a number, such as "3."
    const count = hands(event.target);
    if (event.target.value && Number(event.target.value) !== count) event.target.value = count;
    move(state => ({ votes: { ...state.votes, [vote]: { ...state.votes[vote], [option]: count } } }));
});
document.addEventListener("change", event => {
    const { vote, option } = event.target.dataset;
    if (vote) event.target.value = channel.state.votes[vote]?.[option] || 0;
});
document.addEventListener("click", event => {
    const button = event.target.closest("button[data-branch]");
    if (!button) return;
    const { branch, option } = button.dataset;
    move(state => {
        const open = state.ways[branch] || [];
        const ways = open.includes(option) ? open.filter(one => one !== option) : [...open, option];
        return { ways: { ...state.ways, [branch]: ways } };
    });
    const result = document.querySelector(`.way-result[data-branch="${branch}"][data-option="${option}"]`);
    if (!result.hidden) { result.scrollIntoView({ block: "nearest" }); speak(result.querySelector(".sentence").textContent); }
});
if (LAB.handout) for (const element of document.querySelectorAll("#notes, .served, .clockwork")) element.hidden = true;

await startConsoles();
setInterval(tick, 200);
const asked = Number(location.hash.slice(1));
channel.open();
if (asked > 1) move(state => deck.go(state, asked - 1));
document.body.classList.add("ready");
