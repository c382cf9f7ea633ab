// Drives the hosted pages in a real browser, as payers do, and prints what it saw as one line of JSON.
//
// It reads from standard input: {"shop": URL of a page that stands for the merchant's, "links": {scenario: URL}}.
const { chromium } = require('playwright-core');

const OPTIONS = {
  executablePath: process.env.TOLLGATE_CHROMIUM || '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

async function heading(page) {
  return (await page.locator('h1').first().textContent()).trim();
}

// Opens a page and waits until it was drawn once: a browser drops what is typed and clicked before that.
async function open(page, link) {
  const answer = await page.goto(link);
  await drawn(page);
  return answer;
}

async function drawn(page) {
  await page.screenshot();
}

// Ends at the shop, whose address says what came of it. A second click may break off the navigation that the first one
// began, so this waits for the one that arrives.
async function atShop(page, shop) {
  const isThere = () => page.url().startsWith(shop);
  if (!isThere()) await page.waitForEvent('framenavigated', isThere);
  return new URL(page.url()).pathname;
}

const scenarios = {
  async pay_and_pass(page, link, shop) {
    await open(page, link);
    const seen = await page.locator('main').innerText();
    await page.getByRole('button', { name: 'Pay' }).click();
    const challenge = await heading(page);
    await page.getByRole('button', { name: 'Complete' }).click();
    const end = await atShop(page, shop);
    // Going back and looking at the link again changes nothing.
    await page.goto(link);
    return { seen, challenge, end, again: await heading(page) };
  },

  async cancel(page, link, shop) {
    await open(page, link);
    await page.getByRole('button', { name: 'Cancel' }).click();
    return { end: await atShop(page, shop) };
  },

  async fail_the_challenge(page, link, shop) {
    await open(page, link);
    await page.getByRole('button', { name: 'Pay' }).click();
    await page.getByRole('button', { name: 'Fail' }).click();
    return { end: await atShop(page, shop) };
  },

  async double_click(page, link, shop) {
    await open(page, link);
    await page.getByRole('button', { name: 'Pay' }).dblclick();
    await page.getByRole('button', { name: 'Complete' }).waitFor();
    await drawn(page);
    await page.getByRole('button', { name: 'Complete' }).dblclick();
    return { end: await atShop(page, shop) };
  },

  // The keyboard alone: the first stop is the main button.
  async keyboard(page, link, shop) {
    await open(page, link);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Complete' }).waitFor();
    await drawn(page);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    return { end: await atShop(page, shop) };
  },

  async expired(page, link) {
    const answer = await page.goto(link);
    return { status: answer.status(), heading: await heading(page) };
  },

  // What the merchant was given to show: it sends the payer on by itself where scripts run.
  async html(page, html, shop) {
    await page.setContent(html);
    await page.getByRole('button', { name: 'Complete' }).click();
    return { end: await atShop(page, shop) };
  },

  // The same in a frame of the merchant's page, which lets it do what frames may do. The payer leaves the frame: our pages are
  // shown in none.
  async html_in_a_frame(page, html, shop) {
    await page.goto(`${shop}cart`);
    await page.evaluate((content) => {
      const frame = document.createElement('iframe');
      frame.srcdoc = content;
      document.body.append(frame);
    }, html);
    await page.getByRole('button', { name: 'Complete' }).click();
    return { end: await atShop(page, shop) };
  },

  // In a frame in which no script runs the button leads there.
  async html_in_a_sandbox(page, html, shop) {
    await page.goto(`${shop}cart`);
    await page.evaluate((content) => {
      const frame = document.createElement('iframe');
      frame.setAttribute('sandbox', 'allow-forms allow-top-navigation-by-user-activation');
      frame.srcdoc = content;
      document.body.append(frame);
    }, html);
    await page.frameLocator('iframe').getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Complete' }).click();
    return { end: await atShop(page, shop) };
  },

  // A phone: nothing is wider than the screen.
  async phone(page, link) {
    await page.setViewportSize({ width: 320, height: 600 });
    await page.goto(link);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    return { width };
  },
};

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const { shop, links } = JSON.parse(Buffer.concat(chunks).toString());
  const browser = await chromium.launch(OPTIONS);
  const results = {};
  for (const [scenario, link] of Object.entries(links)) {
    // Twice: with scripts, and without; the pages need none, only the merchant's HTML makes use of them.
    for (const javaScriptEnabled of scenario.startsWith('html') || scenario === 'phone' ? [true] : [true, false]) {
      const name = javaScriptEnabled ? scenario : `${scenario}_without_scripts`;
      const context = await browser.newContext({ javaScriptEnabled });
      const page = await context.newPage();
      page.setDefaultTimeout(30000);
      const requested = new Set();
      const complaints = [];
      page.on('request', (request) => requested.add(new URL(request.url()).origin));
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      const url = Array.isArray(link) ? link[javaScriptEnabled ? 0 : 1] : link;
      results[name] = await scenarios[scenario](page, url, shop).catch((error) => {
        throw new Error(`${name}, at ${page.url().split('?')[0]}`, { cause: error });
      });
      results[name].origins = [...requested].filter((origin) => origin !== 'null').sort();
      results[name].complaints = complaints.filter(
        (text) => !text.includes('status of 4') && !(scenario === 'html_in_a_sandbox' && text.includes('sandboxed')),
      );
      await context.close();
    }
  }
  await browser.close();
  process.stdout.write(JSON.stringify(results));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
