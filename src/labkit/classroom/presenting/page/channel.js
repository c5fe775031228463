// What both windows know: one state, kept by the server where there is one, and by the page alone where there is none.

const LAB = JSON.parse(document.getElementById("lab").textContent);
const FRESH = { page: 0, opened: {}, timer: null, think: 0, code: false, dark: null, size: 1, votes: {}, ways: {}, began: null };
const AGAIN_MS = 1000;

class Channel {
    constructor(listen, answered = () => {}) {
        this.state = { ...FRESH };
        this.listen = listen;
        this.answered = answered;
        this.socket = null;
        this.lost = false;
        this.served = !LAB.handout && location.protocol.startsWith("http");
    }

    open() {
        this.listen(this.state, FRESH);
        if (this.served) this.connect();
    }

    connect() {
        const socket = new WebSocket(new URL("socket", location.href).href.replace(/^http/, "ws"));
        socket.onmessage = event => this.hear(JSON.parse(event.data));
        socket.onopen = () => {
            this.socket = socket;
            if (this.lost) { this.lost = false; this.tell({ change: this.state }); this.listen(this.state, this.state); }
        };
        socket.onclose = () => {
            this.socket = null;
            this.lost = true;
            this.listen(this.state, this.state);
            setTimeout(() => this.connect(), AGAIN_MS);
        };
    }

    hear(message) {
        if (message.state) {
            const before = this.state;
            this.state = { ...before, ...message.state };
            this.listen(this.state, before);
            document.body.classList.add("joined");
        }
        if (message.answer) this.answered(message.answer);
    }

    /** Change a part of the state, here at once and in the other window through the server. */
    change(part) {
        const before = this.state;
        if (before.began === null && part.began === undefined && ("page" in part || "opened" in part)) part = { ...part, began: Date.now() };
        this.state = { ...before, ...part };
        this.listen(this.state, before);
        this.tell({ change: part });
    }

    tell(message) {
        if (!this.socket) return false;
        this.socket.send(JSON.stringify(message));
        return true;
    }
}
