/**
 * The service worker of the built page: keeps its files, so that it opens without a network. The build puts the list in front,
 * const FILES, and a name that changes with them, const VERSION.
 */
addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(VERSION);
      await cache.addAll(FILES);
      await skipWaiting();
    })(),
  );
});

addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const own = (name) => name.startsWith("downhill-") && name !== VERSION;
      const names = await caches.keys();
      await Promise.all(names.filter(own).map((name) => caches.delete(name)));
      await clients.claim();
    })(),
  );
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  event.respondWith(request.mode === "navigate" ? fresh(request) : kept(request));
});

/** The page itself from the network, so that a new version is seen at once; else the one that is kept. */
async function fresh(request) {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match("./")) ?? Response.error();
  }
}

/** All else has its content in its name. */
async function kept(request) {
  return (await caches.match(request)) ?? fetch(request);
}
