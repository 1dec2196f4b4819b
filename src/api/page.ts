import { resolve } from "node:path";

import express, { type RequestHandler, type Router } from "express";

const NOT_BUILT =
  "The page is not built yet. Run `npm run build:ui` and load this address again.\nThe API answers under api/v1/.\n";

/** Serves the built page from a directory. A path that is no file leads to the page's start: its views live in the address's fragment. */
export function pageRouter(uiDirectory: string): Router {
  const router = express.Router();
  router.use((request, response, next) => {
    if (request.method === "GET" || request.method === "HEAD") next();
    else
      response
        .status(405)
        .set("allow", "GET, HEAD")
        .json({ error: `${request.method} is not allowed here` });
  });
  router.use(endWithSlash);
  router.get("/", (_request, response, next) => {
    response.set("cache-control", "no-cache");
    // With a root, since a directory above it may begin with a dot.
    response.sendFile("index.html", { root: resolve(uiDirectory) }, (error?: NodeJS.ErrnoException) => {
      if (error === undefined || error === null || response.headersSent) return;
      if (error.code === "ENOENT") response.status(503).type("text/plain").send(NOT_BUILT);
      else next(error);
    });
  });
  router.use(express.static(uiDirectory, { index: false, redirect: false, dotfiles: "ignore", cacheControl: false }));
  router.use((request, response) => {
    const isFile = /\.\w+$/.test(request.path);
    if (isFile) response.status(404).type("text/plain").send("No such file.\n");
    else response.redirect(302, `${request.baseUrl}/`);
  });
  return router;
}

/** The page's own addresses are relative, so under a base path its address must end with a slash. */
const endWithSlash: RequestHandler = (request, response, next) => {
  const path = request.originalUrl.split("?", 1)[0] ?? "";
  if (path === request.baseUrl && path !== "") response.redirect(302, `${path}/`);
  else next();
};
