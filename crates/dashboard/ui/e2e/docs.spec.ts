import { expect, test } from './fixtures';

/** The dashboard's model server; it must be running. */
const modelServer = process.env.MODEL_SERVER_URL ?? 'http://127.0.0.1:8000';

test('every example request of the model server’s API page succeeds', async ({ page }) => {
  await page.goto(`${modelServer}/docs`);
  const operations = page.locator('details');
  await expect(operations.first()).toBeVisible();
  expect(await operations.count()).toBeGreaterThan(25);
  for (const operation of await operations.all()) {
    const summary = operation.locator('summary');
    const name = await summary.innerText();
    // Unloading the model would break the other requests.
    if (name.includes('/unload')) continue;
    await summary.click();
    await operation.getByRole('button', { name: 'Send' }).click();
    await expect(operation.locator('pre'), name).toHaveText(/^200 after/);
  }
});
