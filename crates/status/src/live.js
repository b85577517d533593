// Takes the live stream and replaces the parts of the page that changed. The page works without it.
"use strict";
(() => {
  const STALE_AFTER_MS = 15000;
  const POLL_EVERY_MS = 10000;
  const ASK_EVERY_MS = 5000;
  const main = document.getElementById("main");
  const live = document.getElementById("live");
  const stale = document.getElementById("stale");
  const announce = document.getElementById("announce");
  const waiting = new Map(); // parts held back while their text is selected
  let heardAt = Date.now();
  let notedUntil = 0; // until when a note about a refused button stays
  let headline = main.querySelector("h1")?.textContent;

  const isSelected = (element) => {
    const selection = document.getSelection();
    return selection && !selection.isCollapsed && selection.containsNode(element, true);
  };

  // What the reader opened or scrolled stays as it was.
  const keepingPlace = (element, change) => {
    const opened = [...element.querySelectorAll("details[open]")].map((it) => it.id);
    const scrolled = [...element.querySelectorAll("[data-keep]")].map((it) => it.scrollTop);
    const next = change();
    opened.forEach((id) => id && document.getElementById(id)?.setAttribute("open", ""));
    next?.querySelectorAll("[data-keep]").forEach((it, index) => { it.scrollTop = scrolled[index] || 0; });
  };

  const replace = (id, html) => {
    const element = document.getElementById(id);
    if (!element) return;
    if (isSelected(element)) { waiting.set(id, html); return; }
    waiting.delete(id);
    const focused = element.contains(document.activeElement) ? document.activeElement : null;
    const focusKey = focused && (focused.id || focused.getAttribute("href") || focused.name);
    keepingPlace(element, () => { element.outerHTML = html; return document.getElementById(id); });
    if (focusKey) {
      const again = [...document.getElementById(id).querySelectorAll("a,button,input,select,summary,[tabindex]")]
        .find((it) => (it.id || it.getAttribute("href") || it.name) === focusKey);
      again?.focus({ preventScroll: true });
    }
  };

  const replaceAll = (html) => {
    waiting.clear();
    keepingPlace(main, () => { main.innerHTML = html; return main; });
  };

  const heard = (mode) => {
    heardAt = Date.now();
    stale.hidden = Date.now() > notedUntil;
    live.textContent = mode;
    live.classList.add("on");
    const verdict = document.getElementById("verdict");
    if (verdict?.dataset.title) document.title = verdict.dataset.title;
    const now = verdict?.querySelector("h1")?.textContent;
    if (now !== headline) { headline = now; announce.textContent = now || ""; }
  };

  const connect = () => {
    const source = new EventSource(document.body.dataset.live);
    source.addEventListener("page", (event) => { replaceAll(JSON.parse(event.data).main); heard("live"); });
    source.addEventListener("parts", (event) => {
      for (const [id, html] of Object.entries(JSON.parse(event.data))) replace(id, html);
      heard("live");
    });
    source.addEventListener("tick", () => heard("live"));
    // Lost connections come back by themselves; a refused one (too many viewers) does not.
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) setTimeout(poll, POLL_EVERY_MS);
    });
  };

  // Fetches the whole page now and then while the stream is full, and asks for the stream again.
  const poll = () => {
    fetch(location.pathname).then((response) => response.text()).then((text) => {
      const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("main");
      if (fresh) { replaceAll(fresh.innerHTML); heard("renewed every 10 s"); }
    }).catch(() => {}).finally(connect);
  };

  connect();
  document.addEventListener("selectionchange", () => {
    for (const [id, html] of [...waiting]) replace(id, html);
  });

  // Whose fault the silence is, as far as a browser can tell: any answer at all, even a proxy's error, shows
  // that the reader's own connection works.
  const whoseFault = () => {
    if (navigator.onLine === false) {
      return Promise.resolve("Your device is offline: it is your own connection.");
    }
    const told = (response) => response.ok
      ? "Your connection and the server work, only the live stream does not come through; reload the page."
      : "Your connection works: something answers in the server's place, so the fault is on the server's side.";
    return fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(4000) }).then(told, () =>
      "Your own connection or the server may be down. If other sites fail as well, it is your connection.");
  };

  let askedAt = 0;
  const warn = (silent, whose) => {
    stale.textContent =
      `Nothing has come from the server for ${Math.floor(silent / 1000)} s: what you see below is old. ${whose}`;
    stale.hidden = false;
    live.textContent = "not live";
    live.classList.remove("on");
  };

  setInterval(() => {
    const silent = Date.now() - heardAt;
    if (silent < STALE_AFTER_MS || Date.now() - askedAt < ASK_EVERY_MS) return;
    askedAt = Date.now();
    whoseFault().then((whose) => {
      const still = Date.now() - heardAt;
      if (still >= STALE_AFTER_MS) warn(still, whose);
    });
  }, 1000);

  // Forms marked data-live act in place: the stream shows what came of them.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-live]")) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    const action = event.submitter?.getAttribute("formaction") || form.getAttribute("action");
    fetch(action, { method: "POST", body, redirect: "manual" })
      .then((response) => (response.status >= 400 ? response.json() : null))
      .then((refused) => {
        if (!refused) return;
        notedUntil = Date.now() + 8000;
        stale.textContent = `Not done: ${refused.error}`;
        stale.hidden = false;
      })
      .catch(() => form.submit());
  });
})();
