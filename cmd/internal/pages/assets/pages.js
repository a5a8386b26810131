// Comfort for people with JavaScript: every page works without it.

// Keys: / goes to the search, n to the next page of a list. The foot of the page
// says so, and who writes with a voice or a stick there turns them off.
const keys = document.querySelector("[data-keys]");
const keysOn = () => localStorage.getItem("keys") !== "off";
if (keys) {
  const use = keys.querySelector("button");
  keys.hidden = false;
  use.setAttribute("aria-pressed", keysOn());
  use.addEventListener("click", () => {
    localStorage.setItem("keys", keysOn() ? "off" : "on");
    use.setAttribute("aria-pressed", keysOn());
  });
}
const editable = (element) => element.matches("input, select, textarea, [contenteditable]");
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || editable(event.target) || !keysOn()) return;
  if (event.key === "/") {
    const search = document.getElementById("q");
    if (search) {
      event.preventDefault();
      search.select();
    }
  }
  if (event.key === "n") document.querySelector("main a[rel=next]")?.click();
});

// The bar of the past gets a slider over the positions that the page knows.
const asOf = document.querySelector(".past-bar [name=as_of]");
if (asOf && Number(asOf.dataset.end) > 1) {
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = "1";
  slider.max = asOf.dataset.end;
  slider.value = Number.parseInt(asOf.dataset.at) || asOf.dataset.end;
  slider.setAttribute("aria-label", asOf.parentElement.textContent.trim());
  slider.addEventListener("input", () => { asOf.value = slider.value; });
  slider.addEventListener("change", () => asOf.form.requestSubmit());
  asOf.form.before(slider);
}

// Where a page is for paper, a button prints it.
for (const print of document.querySelectorAll("[data-print]")) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

// What comes while somebody presses a button waits until it is released: it
// would push the button away, and the click would be lost.
let released = Promise.resolve();
document.addEventListener("pointerdown", () => {
  released = new Promise((done) => {
    for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => setTimeout(done), { once: true });
  });
});

// A form shows what it would record while it is filled in: the server says it.
const form = document.querySelector("form.record");
const checked = document.getElementById("checked");
if (form && checked) {
  let asked = 0;
  let ended = false;
  const check = async () => {
    if (ended) return;
    const number = ++asked;
    const body = new URLSearchParams(new FormData(form));
    body.set("do", "check");
    const answer = await fetch(location.pathname, { method: "POST", body, headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer || !answer.ok || number !== asked) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const news = page.getElementById("checked");
    await released;
    // Whose session has ended hears it now. The button sends what is written then, which is found again.
    const problem = answer.redirected && page.querySelector(".banner.problem");
    if (problem) {
      ended = true;
      problem.append(" ", Object.assign(document.createElement("button"), { name: "do", value: "check", textContent: page.querySelector("h1").textContent }));
      checked.replaceChildren(problem);
    }
    if (news) checked.replaceChildren(...news.childNodes);
    // The number that follows is written into an empty input, where it can be changed.
    const next = checked.querySelector(".voucher-next");
    if (next && form.elements.voucher?.value === "") form.elements.voucher.value = next.textContent;
  };
  form.addEventListener("change", check);
  // While somebody writes an amount, what would be left is shown as soon as they pause.
  let pause;
  form.addEventListener("input", (event) => {
    if (!event.target.matches(".amount input")) return;
    clearTimeout(pause);
    pause = setTimeout(check, 300);
  });
  // The first input that is wrong, or else the first empty one: best one that must be filled in.
  const empty = (inputs) => [...form.querySelectorAll(inputs)].find((input) => input.value === "");
  const paper = form.classList.contains("paper");
  (form.querySelector("[aria-invalid]") ?? (paper ? null : empty("[aria-required]")) ?? empty(".fields > .field > :is(input, select, textarea)"))?.focus();
}

// The part of this page that has an id, as the server shows it now.
const renew = async (id) => {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return null;
  const news = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
  await released;
  if (news) document.getElementById(id)?.replaceWith(news);
  return news;
};
const later = (time) => new Promise((resolve) => setTimeout(resolve, time));

// A part of a page that goes on by itself is looked at again until it ends.
const live = async (part) => {
  while (part?.hasAttribute("data-live")) {
    await later(700);
    part = (await renew(part.id)) ?? part;
  }
};
document.querySelectorAll("[data-live]").forEach(live);

// An overview is shown anew when the server says that something was recorded:
// while somebody looks, and when they no longer use the keyboard in it.
const follow = (part) => {
  let source;
  const listen = () => {
    source?.close();
    if (document.hidden) return;
    source = new EventSource(part.dataset.events);
    source.addEventListener("message", async (event) => {
      if (event.data === part.dataset.at) return;
      while (part.contains(document.activeElement)) await new Promise((left) => part.addEventListener("focusout", () => setTimeout(left), { once: true }));
      part = (await renew(part.id)) ?? part;
    });
  };
  document.addEventListener("visibilitychange", listen);
  listen();
};
document.querySelectorAll("[data-events]").forEach(follow);
