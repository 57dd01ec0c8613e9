// Comforts, nothing more: every page works without this file.

for (const button of document.querySelectorAll("[data-shows]")) {
  const input = document.getElementById(button.dataset.shows);
  if (!input) continue;
  button.hidden = false;
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? button.dataset.hide : button.dataset.show;
    button.setAttribute("aria-label", shown ? button.dataset.hideLabel : button.dataset.showLabel);
  };
  button.addEventListener("click", () => show(input.type === "password"));
  // A visible password is sent as a password: browsers remember what was typed into a line of text.
  input.form?.addEventListener("submit", () => show(false));
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

const rules = {
  upper: (text) => /\p{Lu}/u.test(text),
  lower: (text) => /\p{Ll}/u.test(text),
  digit: (text) => /\p{Nd}/u.test(text),
  symbol: (text) => /[^\p{L}\p{N}\s]/u.test(text),
};

for (const list of document.querySelectorAll(".criteria")) {
  const input = document.getElementById(list.id.replace(/-criteria$/, ""));
  input?.addEventListener("input", () => {
    const text = input.value.normalize("NFC");
    for (const item of list.querySelectorAll("[data-rule]")) {
      const [rule, least] = item.dataset.rule.split(":");
      const met = rule === "min" ? [...text].length >= Number(least) : rules[rule]?.(text);
      item.dataset.met = met ? "yes" : "no";
    }
  });
}

// A second press of the same button is the first one's answer, but nobody needs to wait for two.
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 3000);
  });
}

// Two minutes before the session ends, what is said at the end of the page comes to where it is seen.
const ends = document.querySelector("form.ends");
if (ends) {
  const soon = 120;
  const lasts = Number(ends.dataset.seconds);
  const warn = () => {
    ends.classList.add("soon");
    ends.querySelector("p").setAttribute("role", "alert");
  };
  let timer = setTimeout(warn, Math.max(0, lasts - soon) * 1000);
  ends.addEventListener("submit", async (event) => {
    // Without leaving the page: what is being typed stays.
    event.preventDefault();
    try {
      const answer = await fetch(ends.action, { method: "POST", body: new URLSearchParams(new FormData(ends)), redirect: "manual" });
      if (answer.type !== "opaqueredirect") return ends.submit();
    } catch {
      return ends.submit();
    }
    ends.classList.remove("soon");
    ends.querySelector("p").hidden = true;
    clearTimeout(timer);
    timer = setTimeout(() => {
      ends.querySelector("p").hidden = false;
      warn();
    }, Math.max(0, lasts - soon) * 1000);
  });
}

// The page for when there is no network.
const manifest = document.querySelector("link[rel=manifest]");
if (manifest && "serviceWorker" in navigator) {
  navigator.serviceWorker.register(new URL("worker.js", manifest.href)).catch(() => {});
}

// A browser may keep whole pages for the way back. One of somebody who was signed in is asked for again: they may have signed out.
addEventListener("pageshow", (event) => {
  if (event.persisted && document.querySelector('form[action$="/logout"]')) location.reload();
});
