const KEPT = "offline";
const PAGE = new URL("offline", self.registration.scope).href;

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const kept = await caches.open(KEPT);
    const page = await fetch(PAGE, { cache: "reload" });
    const html = await page.clone().text();
    const files = [...html.matchAll(/(?:href|src)="([^"]+\.(?:css|svg))"/g)].map((found) => new URL(found[1].replaceAll("&#x2f;", "/"), PAGE).href);
    await kept.put(PAGE, page);
    await kept.addAll(files);
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  if (event.request.mode === "navigate") {
    event.respondWith(fetch(event.request).catch(() => caches.match(PAGE)));
  } else if (/\.(css|svg)$/.test(new URL(event.request.url).pathname)) {
    event.respondWith(caches.match(event.request).then((kept) => kept ?? fetch(event.request)));
  }
});
