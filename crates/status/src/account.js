// Shows an account to whoever holds its key. The secret becomes a key that only signs, is sent nowhere and kept nowhere.
"use strict";
(() => {
  const EVERY_MS = 2000;
  const OLD_AFTER_MS = 10000;
  const id = (name) => document.getElementById(name);
  const [form, view, note, holder] = ["account-form", "account", "account-note", "account-holder"].map(id);
  let held = null; // the key, and what signs for it
  let heardAt = 0;

  const say = (text) => { note.textContent = text; note.hidden = !text; };

  const forget = (why) => {
    held = null;
    form.reset();
    form.hidden = false;
    holder.hidden = true;
    view.replaceChildren();
    say(why || "");
  };

  const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  const isSelected = () => {
    const selection = document.getSelection();
    return selection && !selection.isCollapsed && selection.containsNode(view, true);
  };

  const ask = async (mine) => {
    const text = `recvWindow=5000&timestamp=${Date.now()}`;
    const signature = hex(await crypto.subtle.sign("HMAC", mine.signer, new TextEncoder().encode(text)));
    const response = await fetch("/venue/account", {
      method: "POST",
      headers: { "X-MBX-APIKEY": mine.key, "Content-Type": "application/x-www-form-urlencoded" },
      body: `${text}&signature=${signature}`,
      cache: "no-store",
      signal: AbortSignal.timeout(5000),
    });
    const answer = await response.text();
    if (held !== mine) return; // it was forgotten meanwhile
    if (response.status >= 400 && response.status < 500) return forget(answer);
    if (!response.ok) throw new Error(answer);
    heardAt = Date.now();
    say("");
    if (!isSelected()) view.innerHTML = answer; // made and escaped by the server
  };

  const follow = async (mine) => {
    while (held === mine) {
      if (document.visibilityState === "visible") {
        await ask(mine).catch(() => {
          const silent = Date.now() - heardAt;
          if (silent >= OLD_AFTER_MS) say(`Nothing has come for ${Math.floor(silent / 1000)} s: what you see is old.`);
        });
      }
      await new Promise((resolve) => { setTimeout(resolve, EVERY_MS); });
    }
  };

  if (!globalThis.crypto?.subtle) {
    say("Browsers sign only on pages that came over HTTPS or from this very machine: open this one so.");
    return;
  }
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [key, secret] = ["account-key", "account-secret"].map((name) => id(name).value.trim());
    form.reset();
    const bytes = new TextEncoder().encode(secret);
    const signer = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    held = { key, signer };
    heardAt = Date.now();
    id("account-who").textContent = `Shown for the key ${key.slice(0, 6)}…`;
    form.hidden = true;
    holder.hidden = false;
    say("");
    follow(held);
  });
  id("account-forget").addEventListener("click", () => forget());
  // Neither a page that is gone back to nor one that is left has the key.
  addEventListener("pagehide", () => forget());
})();
