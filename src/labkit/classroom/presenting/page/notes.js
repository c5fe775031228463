// The teacher's window: what to say now, what comes next, and how much time has gone.

const deck = new Deck(byId("source"));
const channel = new Channel(show);
const move = change => channel.change(change(channel.state));

/** Copy a piece of the lab without what may be in a document only once. */
function copy(element) {
    const made = element.cloneNode(true);
    made.hidden = false;
    for (const one of [made, ...made.querySelectorAll("[id], [for], [tabindex], input, button, summary")]) {
        for (const name of ["id", "for", "tabindex"]) one.removeAttribute(name);
        if (one.matches("input, button")) one.disabled = true;
    }
    for (const details of made.querySelectorAll("details")) details.remove();
    for (const live of made.querySelectorAll("[role=status]")) live.removeAttribute("role");
    return made;
}

function preview(place, fragments, words) {
    place.replaceChildren(...fragments.map(copy));
    if (!fragments.length) place.textContent = words;
}

function show(state, before) {
    const page = deck.pages[state.page], shown = deck.shown(state, state.page), told = LAB.notes[state.page];
    byId("place").textContent = `${state.page + 1} of ${deck.pages.length}, step ${shown} of ${page.fragments.length}`;
    byId("title").textContent = page.title;
    if (before === state || state.page !== before.page || !byId("said").innerHTML) byId("said").innerHTML = told.html;
    const waiting = page.fragments[shown], next = deck.pages[state.page + 1];
    preview(byId("current"), page.fragments.slice(Math.max(0, shown - 1), shown), "The title.");
    if (waiting) preview(byId("preview"), waiting.classList.contains("think") ? [] : [waiting], "Time to think.");
    else preview(byId("preview"), next ? [next.element.querySelector("h1"), ...next.fragments.slice(0, 1)] : [], "The end.");
    byId("next").textContent = deck.isGate(waiting) && !state.timer ? "Next: timer" : "Next";
    byId("answer").disabled = !deck.isGate(waiting);
    byId("timer").textContent = state.timer ? "Stop timer" : "Start timer";
    document.body.classList.toggle("lost", channel.lost);
    if (channel.lost) byId("spoken").textContent = "No connection to labkit present.";
    else if (state.page !== before.page) byId("spoken").textContent = page.title;
    tick();
}

function minutes(ms) { return `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`; }

function tick() {
    const { state } = channel, planned = LAB.notes.slice(0, state.page + 1).reduce((sum, one) => sum + one.minutes, 0);
    byId("clock").textContent = new Date().toTimeString().slice(0, 8);
    byId("since").textContent = state.began ? minutes(Date.now() - state.began) : "0:00";
    byId("planned").textContent = `${planned} min`;
    byId("left").textContent = state.timer ? left(state.timer) : "none";
}

const actions = {
    next: () => move(state => deck.next(state)),
    back: () => move(state => deck.back(state)),
    timer: () => move(state => state.timer ? { timer: null } : deck.start(state)),
    answer: () => move(state => deck.isGate(deck.waiting(state)) ? deck.open(state, state.page, deck.shown(state, state.page) + 1) : {}),
};
listenToKeys({
    ArrowRight: actions.next, PageDown: actions.next, " ": actions.next, ArrowLeft: actions.back, PageUp: actions.back,
    "Shift+ArrowRight": () => move(state => deck.go(state, state.page + 1)), "Shift+ArrowLeft": () => move(state => deck.go(state, state.page - 1)),
    Home: () => move(state => deck.go(state, 0)), End: () => move(state => deck.go(state, deck.last)), t: actions.timer, a: actions.answer,
});
for (const name of Object.keys(actions)) byId(name).addEventListener("click", actions[name]);
document.body.dataset.jpThemeLight = String(!matchMedia("(prefers-color-scheme: dark)").matches);
setInterval(tick, 500);
channel.open();
document.body.classList.add("ready");
