// Pages and fragments, and what "one step on" means: both windows move by the same rules.

class Deck {
    constructor(root) {
        this.pages = [...root.querySelectorAll("section.page")].map(element => ({
            element,
            title: element.querySelector("h1").textContent,
            fragments: [...element.querySelectorAll(":scope > .fragment")],
        }));
    }

    get last() { return this.pages.length - 1; }

    /** Number of fragments of a page that are shown. */
    shown(state, page) {
        const { fragments } = this.pages[page], most = fragments.length;
        const least = most && fragments[0].dataset.gate === undefined ? 1 : 0;
        return Math.min(most, Math.max(least, state.opened[page] ?? least));
    }

    /** The fragment that comes next on the page, if there is one. */
    waiting(state) {
        return this.pages[state.page].fragments[this.shown(state, state.page)];
    }

    isGate(fragment) { return fragment !== undefined && fragment.dataset.gate !== undefined; }

    /** One step on: the timer of a gate, then what is behind it, then the next page. */
    next(state) {
        const { page } = state, shown = this.shown(state, page), fragment = this.waiting(state);
        if (!fragment) return page < this.last ? this.go(state, page + 1) : {};
        if (this.isGate(fragment) && !state.timer && !LAB.handout) return this.start(state);
        if (!fragment.classList.contains("think")) return this.open(state, page, shown + 1);
        return this.pass(state, page, shown + 1);
    }

    /** Leave thinking time: nothing stands there, so what follows it is shown, unless it waits as well. */
    pass(state, page, shown) {
        const follows = this.pages[page].fragments[shown], opened = this.open(state, page, shown + (follows && !this.isGate(follows) ? 1 : 0));
        return follows || page === this.last ? opened : { ...opened, ...this.go(state, page + 1) };
    }

    open(state, page, shown) {
        return { opened: { ...state.opened, [page]: shown }, timer: null };
    }

    /** One step back: hide the last fragment, or go to the page before as it was left. */
    back(state) {
        const { page } = state, shown = this.shown(state, page);
        if (state.timer) return { timer: null };
        if (shown > 1) return this.open(state, page, shown - 1);
        return page > 0 ? this.go(state, page - 1) : {};
    }

    go(state, page) {
        return { page: Math.max(0, Math.min(this.last, page)), timer: null };
    }

    seconds(state) {
        const fragment = this.waiting(state);
        return state.think || Number(this.isGate(fragment) ? fragment.dataset.gate : 0) || 60;
    }

    start(state) {
        const seconds = this.seconds(state), gate = this.isGate(this.waiting(state));
        return { timer: { page: state.page, fragment: gate ? this.shown(state, state.page) : null, ends: Date.now() + seconds * 1000, seconds } };
    }

    /** What follows when the time is up: the fragment that waited is shown. */
    ended(state) {
        const { page, fragment } = state.timer;
        return fragment === null ? { timer: null } : this.open(state, page, fragment + 1);
    }
}

function left(timer) {
    const seconds = Math.max(0, Math.ceil((timer.ends - Date.now()) / 1000));
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

const byId = id => document.getElementById(id);

/** Keys that both windows know; what is typed into a control stays with it. */
function listenToKeys(actions) {
    document.addEventListener("keydown", event => {
        if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
        const control = event.target.closest("input, select, textarea, dialog[open]");
        const presses = event.target.closest("button, summary, a") && [" ", "Enter"].includes(event.key);
        const action = actions[event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key];
        if (control || presses || !action) return;
        event.preventDefault();
        action();
    });
    document.addEventListener("keydown", event => {
        if (event.key === "Escape" && !event.target.closest("dialog[open]")) byId("stage").focus();
    }, { capture: true });
}
