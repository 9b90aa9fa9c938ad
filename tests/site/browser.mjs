// Usage: node browser.mjs <node_modules/> <chromium> <directory of the sites> [<directory for pictures>]
// Tests sites as their readers use them. What is expected is said before each check; the first failure ends it.
import assert from "node:assert/strict";
import {readFile} from "node:fs/promises";
import {createServer} from "node:http";
import {createRequire} from "node:module";
import path from "node:path";

const [packages, executablePath, served, pictures] = process.argv.slice(2);
const require = createRequire(packages);
const {chromium} = require("playwright-core");
const axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");

const types = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml",
               ".xml": "application/atom+xml"};
const server = createServer(async (request, response) => {
  const name = decodeURIComponent(new URL(request.url, "http://x").pathname);
  try {
    const content = await readFile(path.join(served, name));
    response.writeHead(200, {"Content-Type": types[path.extname(name)] ?? "text/plain"}).end(content);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
const acme = `${origin}/below/acme/`;
const hostile = `${origin}/hostile/`;

const browser = await chromium.launch({executablePath, args: ["--no-sandbox"]});

// A page in which whatever goes wrong is noted: scripts that run, errors, violations of the policy, what is not there,
// and whatever is asked of other servers.
async function open(url, options = {}) {
  const context = await browser.newContext({viewport: {width: 1280, height: 800}, ...options});
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.on("dialog", (dialog) => { wrong.push(dialog.message()); dialog.dismiss(); });
  page.on("requestfailed", (request) => {
    // What is not there yet when the next page is opened is given up.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") wrong.push(request.url());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(url).protocol === "file:" ? "file:" : origin)) wrong.push(request.url());
  });
  await page.exposeFunction("ran", (number) => { wrong.push(`script ${number} ran`); });
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => console.error("violation", event.violatedDirective));
  });
  await page.goto(url);
  return {page, wrong, close: () => context.close()};
}

const rows = (page) => page.locator("#links tbody tr").evaluateAll((all) => all.map((row) => row.cells[0].textContent));

async function test(name, run) {
  try {
    await run();
  } catch (error) {
    console.error(`not so: ${name}`);
    throw error;
  }
}

await test("search, filters and sorting find links, and tell how many", async () => {
  const {page, wrong, close} = await open(acme + "index.html");
  assert.equal((await rows(page)).length, 7);
  await page.getByLabel("Search").fill("CHURN staging");
  await page.getByText("1 of 7 links").waitFor();
  assert.deepEqual(await rows(page), ["staging/churn"]);
  await page.getByLabel("Search").fill("acme/vision");
  await page.getByText("2 of 7 links").waitFor();
  await page.getByLabel("Search").fill("");
  await page.getByLabel("Environment").selectOption("prod");
  await page.getByText("3 of 7 links").waitFor();
  assert.deepEqual(await rows(page), ["prod/churn", "prod/detector", "prod/uplift"]);
  await page.getByLabel("State").selectOption("held");
  await page.getByText("1 of 7 links").waitFor();
  assert.deepEqual(await rows(page), ["prod/churn"]);
  await page.getByLabel("State").selectOption("");
  await page.getByLabel("Environment").selectOption("");
  await page.getByLabel("Search").fill("nothing like it");
  await page.getByText("0 of 7 links").waitFor();
  await page.getByLabel("Search").fill("");
  await page.getByRole("button", {name: "Changed"}).click();
  await page.waitForFunction(() => document.querySelectorAll("#links tbody th")[5]?.textContent === "dev/next");
  const head = page.getByRole("columnheader", {name: "Changed"});
  assert.equal(await head.getAttribute("aria-sort"), "ascending");
  assert.deepEqual((await rows(page)).slice(-2), ["dev/next", "staging/detector"]);
  await page.getByRole("button", {name: "Changed"}).click();
  await page.waitForFunction(() => document.querySelector("#links tbody th").textContent === "staging/detector");
  assert.equal(await head.getAttribute("aria-sort"), "descending");
  assert.equal(await page.locator("[aria-sort]").count(), 1);
  // The script writes rows as the page has them.
  const written = await page.locator("#links tbody tr").evaluateAll((all) => all.map((row) => row.outerHTML).sort());
  await page.reload();
  const loaded = await page.locator("#links tbody tr").evaluateAll((all) => all.map((row) => row.outerHTML).sort());
  assert.deepEqual(written, loaded);
  assert.deepEqual(wrong, []);
  await close();
});

await test("a link has a timeline, and any two of its versions can be compared", async () => {
  const {page, wrong, close} = await open(acme + "index.html");
  await page.getByRole("link", {name: "staging/churn"}).click();
  await page.waitForURL("**/links/staging.churn.html");
  assert.equal(await page.locator("#versions > li").count(), 4);
  assert.match(await page.locator("#v3").innerText(), /2026-03-20\s*re-pointed\s*v1\.3\.0/);
  assert.match(await page.locator("#v3 .compat").first().innerText(), /extended/);
  const before = await page.locator("#compared tr").allInnerTexts();
  assert.ok(before.some((row) => row.includes("Requirements: sklearn")), before.join());
  await page.getByLabel("From").selectOption({label: "2026-03-01 v1.1.0"});
  await page.getByText("Methods: rank", {exact: true}).waitFor();
  const compared = await page.locator("#compared tr").allInnerTexts();
  assert.ok(compared.some((row) => /Methods: predict\b.*k: int.*k: float/s.test(row)), compared.join());
  await page.getByLabel("To").selectOption({label: "2026-03-01 v1.1.0"});
  await page.getByText("Their objects say the same.").waitFor();
  await page.getByRole("link", {name: "prod", exact: true}).click();
  await page.waitForURL("**/links/prod.churn.html");
  await page.getByRole("link", {name: "Environments"}).click();
  assert.match(await page.getByRole("row", {name: /churn/}).innerText(), /differs.*main.*v1\.2\.0.*v1\.4\.0/s);
  await page.getByRole("link", {name: "Changes"}).click();
  assert.equal(await page.locator(".timeline > li").count(), 6);
  assert.deepEqual(wrong, []);
  await close();
});

await test("everything can be done with the keyboard, and where one is can be seen", async () => {
  const {page, wrong, close} = await open(acme + "index.html");
  const focused = () => page.evaluate(() => {
    const at = document.activeElement;
    return {text: at.textContent.trim(), id: at.id, outline: getComputedStyle(at).outlineStyle};
  });
  await page.keyboard.press("Tab");
  assert.equal((await focused()).text, "Skip to content");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.equal((await focused()).id, "q");
  assert.equal((await focused()).outline, "solid");
  await page.keyboard.type("detector");
  await page.getByText("2 of 7 links").waitFor();
  for (const id of ["environment", "type", "state"]) {
    await page.keyboard.press("Tab");
    assert.equal((await focused()).id, id);
  }
  await page.keyboard.press("Tab");
  assert.equal((await focused()).text, "Link");
  await page.keyboard.press("Space");
  await page.waitForFunction(() => document.querySelector("#links tbody th").textContent === "staging/detector");
  while ((await focused()).text !== "staging/detector") await page.keyboard.press("Tab");
  assert.equal((await focused()).outline, "solid");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/links/staging.detector.html");
  assert.deepEqual(wrong, []);
  await close();
});

await test("without scripts all is there but search", async () => {
  const {page, wrong, close} = await open(acme + "index.html", {javaScriptEnabled: false});
  assert.equal(await page.locator("#tools").isVisible(), false);
  assert.equal(await page.locator("#count").innerText(), "Search, filters and sorting need JavaScript.");
  await page.getByRole("link", {name: "staging/churn"}).click();
  assert.equal(await page.locator("#compare").isVisible(), false);
  await page.getByText("differences").first().click();
  assert.equal(await page.getByText("requirement sklearn").first().isVisible(), true);
  assert.deepEqual(wrong, []);
  await close();
});

await test("a site works from the disk", async () => {
  const {page, wrong, close} = await open(`file://${served}/below/acme/index.html`);
  await page.getByLabel("Search").fill("uplift");
  await page.getByText("1 of 7 links").waitFor();
  await page.getByRole("link", {name: "prod/uplift"}).click();
  assert.equal(await page.locator("h1").innerText(), "uplift pinned");
  assert.deepEqual(wrong, []);
  await close();
});

await test("names and texts of others stay texts", async () => {
  const {page, wrong, close} = await open(hostile + "index.html");
  const links = await page.locator("#links tbody a[href^='links/']").evaluateAll((all) => all.map((a) => a.href));
  assert.equal(links.length, 8);
  await page.getByLabel("Search").fill("ran(");
  await page.getByText(/ of 8 links/).waitFor();
  await page.getByLabel("Environment").selectOption({index: 1});
  await page.getByText("1 of 8 links").waitFor();
  assert.deepEqual(await rows(page), ["<img src=x onerror=ran(7)>/x"]);
  for (const url of [...links, hostile + "environments.html", hostile + "changes.html"]) {
    await page.goto(url);
    for (const summary of await page.locator("summary").all()) await summary.click();
    const html = await page.evaluate(() => ({
      scripts: document.scripts.length,
      images: document.images.length,
      handlers: [...document.querySelectorAll("*")].flatMap((e) => e.getAttributeNames()).filter((a) => a.startsWith("on")),
      hrefs: [...document.links].map((a) => new URL(a.href).protocol).filter((p) => !/^https?:$/.test(p)),
    }));
    assert.deepEqual(html, {scripts: 1, images: 0, handlers: [], hrefs: []}, url);
  }
  assert.deepEqual(wrong, []);
  // The policy would have stopped what got through.
  await page.evaluate(() => document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=ran(99)>"));
  await page.waitForTimeout(100);
  assert.ok(wrong.some((text) => text.includes("violation")), "the policy stops nothing");
  assert.ok(!wrong.some((text) => text.includes("script 99")));
  await close();
});

for (const [colorScheme, width] of [["light", 1280], ["dark", 1280], ["light", 360], ["dark", 360]]) {
  await test(`pages are for everybody: ${colorScheme}, ${width} pixels`, async () => {
    for (const base of [acme, hostile]) {
      const {page, wrong, close} = await open(base + "index.html", {colorScheme, viewport: {width, height: 800}});
      const links = await page.locator("#links tbody a[href^='links/']").evaluateAll((all) => all.map((a) => a.href));
      for (const url of [base + "index.html", base + "environments.html", base + "changes.html", ...links]) {
        await page.goto(url);
        for (const summary of await page.locator("summary").all()) await summary.click();
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${url} is ${wide} pixels wide`);
        // It looks into the page as an extension would, which no policy hinders.
        await page.evaluate(axe + "; undefined");
        const found = await page.evaluate(() => globalThis.axe.run({resultTypes: ["violations"]}));
        assert.deepEqual(found.violations.map((v) => [url, v.id, v.nodes[0].html]), []);
        if (pictures && base === acme) {
          const name = path.basename(url, ".html") + `-${colorScheme}-${width}.png`;
          await page.reload();
          await page.screenshot({path: path.join(pictures, name), fullPage: true});
        }
      }
      assert.deepEqual(wrong, []);
      await close();
    }
  });
}

await browser.close();
server.close();
