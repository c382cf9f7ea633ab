// Drives the start page of `cargo local` in a real browser and prints what it saw as one line of JSON.
//
// It reads the page's URL from standard input.
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

// What came of the button: a sentence, and the type of the webhook that arrived.
async function result(page) {
  const webhook = await page.locator('#result article h2').first().textContent();
  const said = (await page.locator('#said').count()) ? page.locator('#said') : page.locator('#result p').first();
  return { said: (await said.textContent()).trim(), webhook };
}

const scenarios = {
  async with_scripts(page, link) {
    await page.goto(link);
    await page.getByLabel('Test card').selectOption('tok_visa_1111');
    await page.getByRole('button', { name: 'Copy the command' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    await page.getByRole('button', { name: 'Take a payment' }).click();
    return { ...(await result(page)), copied, in_place: page.url() === link };
  },

  async without_scripts(page, link) {
    await page.goto(link);
    await page.getByRole('button', { name: 'Take a payment' }).click();
    return { ...(await result(page)), in_place: page.url() === link };
  },

  // The keyboard alone: the first stop is the card, the second the button.
  async keyboard(page, link) {
    await page.goto(link);
    await page.getByLabel('Test card').focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    return result(page);
  },

  // A phone: the page is not wider than the screen, and every field has a label.
  async phone(page, link) {
    await page.setViewportSize({ width: 320, height: 600 });
    await page.goto(link);
    return page.evaluate(() => ({
      width: document.documentElement.scrollWidth,
      unlabelled: [...document.querySelectorAll('select, input')].filter((field) => !field.labels.length).length,
    }));
  },
};

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const link = Buffer.concat(chunks).toString().trim();
  const browser = await chromium.launch(OPTIONS);
  const results = {};
  for (const [scenario, drive] of Object.entries(scenarios)) {
    const context = await browser.newContext({ javaScriptEnabled: scenario !== 'without_scripts' });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await context.newPage();
    page.setDefaultTimeout(30000);
    const requested = new Set();
    const complaints = [];
    page.on('request', (request) => requested.add(new URL(request.url()).origin));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    results[scenario] = await drive(page, link);
    results[scenario].origins = [...requested].filter((origin) => origin !== 'null').sort();
    results[scenario].complaints = complaints;
    await context.close();
  }
  await browser.close();
  process.stdout.write(JSON.stringify(results));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
