// Every link with `data-portal-button` says what it leads to; without this script it is a plain link to the portal.
const here = new URL(import.meta.url);
const slug = here.pathname.split("/")[2];
const at = (path) => new URL(`/${slug}/${path}`, here).href;

const show = (link, signedIn) => {
  const asked = link.closest("[lang]")?.lang.slice(0, 2);
  const said = words[asked] ?? words[own];
  link.href = at(signedIn ? "area" : "login");
  link.textContent = signedIn ? said.in : said.out;
  link.parentNode.querySelector("[data-portal-leave]")?.remove();
  if (!signedIn) return;
  // A page with a button: a link must not sign anybody out.
  const leave = document.createElement("a");
  leave.href = at("logout");
  leave.textContent = said.leave;
  leave.dataset.portalLeave = "";
  link.after(" ", leave);
};

const links = document.querySelectorAll("a[data-portal-button]");
if (links.length > 0) {
  let signedIn = false;
  try {
    const answer = await fetch(new URL("state", here), { credentials: "include", cache: "no-store" });
    signedIn = answer.ok && (await answer.json()).signed_in === true;
  } catch {
    // Another site than the portal's, or no network: the link leads to the sign-in page.
  }
  for (const link of links) show(link, signedIn);
}
