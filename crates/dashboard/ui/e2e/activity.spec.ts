import { readFileSync } from 'node:fs';
import { expect, firstPatient, patientPath, test } from './fixtures';

test('opening and exporting a patient are accesses, on the page and in its file', async ({ page }) => {
  const id = await firstPatient(page);
  await page.goto(patientPath(id));
  const save = page.getByRole('button', { name: 'Download CSV' });
  await expect(save).toBeEnabled({ timeout: 30_000 });
  await Promise.all([page.waitForEvent('download'), save.click()]);

  await page.keyboard.press('a');
  await expect(page).toHaveURL(/\/activity$/);
  await page.goto(`/activity?patient=${encodeURIComponent(id)}`);
  const rows = page.getByTestId('accesses').locator('tbody tr');
  const row = (action: string) => rows.filter({ hasText: id }).filter({ hasText: new RegExp(`${action}\\s*Patient`) }).first();
  await expect(row('Viewed')).toBeVisible();
  await expect(row('Exported')).toContainText('unknown');
  await expect(row('Exported')).toContainText('127.0.0.1');

  await page.getByRole('combobox', { name: 'Action' }).selectOption('Exported');
  await expect(page).toHaveURL(/action=exported/);
  await expect(rows.filter({ hasText: 'Viewed' })).toHaveCount(0);
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download CSV' }).click()]);
  const lines = readFileSync(await file.path(), 'utf8').split('\r\n');
  expect(lines[0]).toContain('time,time_ms,user,address');
  expect(lines[1]).toContain(`exported,patient,${id}`);
  await page.goBack();
  await expect(row('Viewed')).toBeVisible();
});

test('a period of the lake, and a selection without accesses', async ({ page }) => {
  await page.goto(patientPath(await firstPatient(page)));
  // The archive commits every few seconds.
  await expect
    .poll(
      async () => {
        const now = Date.now();
        const response = await page.request.get(`/api/activity?from_ms=${now - 3_600_000}&to_ms=${now}&action=viewed`);
        return ((await response.json()) as { events: unknown[] }).events.length;
      },
      { timeout: 60_000 },
    )
    .toBeGreaterThan(0);
  await page.goto('/activity?range=1h');
  await expect(page.getByTestId('scope')).toContainText('From the lake');
  await expect(page.getByTestId('accesses').locator('tbody tr').first()).toBeVisible();
  await page.getByRole('searchbox', { name: 'User' }).fill('nobody');
  await page.keyboard.press('Enter');
  await expect(page.getByText('No access matches')).toBeVisible();
  await page.goto('/activity?from=1000&to=61000');
  await expect(page.getByText('No accesses', { exact: true })).toBeVisible();
});

test('on a phone the accesses are a list, and the longest detail needs no scrolling', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const address = '2001:0db8:1234:5678:9abc:def0:1234:5678';
  const long = { event_id: 'e-1', time_ms: 1_790_000_000_000, user: `${'ada.li'.repeat(12)}@ward.example`, address, user_agent: null, action: 'viewed', view: 'patient' };
  const of = { patient_id: 'p'.repeat(120), ward: 'W'.repeat(120), from_ms: 1_790_000_000_000, to_ms: 1_790_090_000_000, request_id: 'r'.repeat(64) };
  await page.route('**/api/activity/live', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ json: { ...((await response.json()) as object), events: [{ ...long, ...of }] } });
  });
  await page.goto('/activity');
  const list = page.getByRole('list', { name: 'Accesses' });
  await expect(list.getByRole('listitem')).toHaveCount(1);
  await expect(list).toContainText(`from ${address}`);
  const [wanted, given] = await list.evaluate((element) => [element.scrollWidth, element.clientWidth]);
  expect(wanted).toBe(given);
  // Turned, the phone has room for the table.
  await page.setViewportSize({ width: 844, height: 390 });
  await expect(page.getByRole('table')).toContainText('Viewed');
  await expect(list).toHaveCount(0);
});

test('an action on an alarm has the person, the patient, and the origin of the name', async ({ page }) => {
  const silence = { event_id: 'e-1', time_ms: 1_790_000_000_000, user: 'Nurse N', address: '192.0.2.7', user_agent: 'consumer watch', action: 'silenced', view: 'alarms' };
  const of = { patient_id: 'p/1', ward: null, from_ms: 1_790_000_000_000, to_ms: 1_790_000_600_000, request_id: null };
  await page.route('**/api/activity/live*', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ json: { ...((await response.json()) as object), events: [{ ...silence, ...of }] } });
  });
  await page.goto('/activity?tz=utc');
  const row = page.getByTestId('accesses').locator('tbody tr');
  await expect(row).toHaveText(/Nurse N\s*192\.0\.2\.7\s*Silenced\s*Alarms\s*p\/1\s*.*14:13:20 – 14:23:20, name as entered at the command line/);
  await expect(row.getByRole('link')).toHaveAttribute('href', '/patients?id=p%2F1');
  await page.getByRole('combobox', { name: 'Action' }).selectOption('Ended silence');
  await expect(page).toHaveURL(/action=unsilenced/);
  // The selection has asked once more.
  await page.unrouteAll({ behavior: 'wait' });
});

test.describe('without a dashboard', () => {
  test.use({ allowed: [/status of 503/] });

  test('the activity is that of the last answer, with its age, or none; losses are told', async ({ page }) => {
    let up = true;
    await page.route('**/api/activity/live', async (route) => {
      if (!up) return route.fulfill({ status: 503, json: { title: 'Unavailable' } });
      const response = await route.fetch();
      const activity = (await response.json()) as { log: object };
      await route.fulfill({ json: { ...activity, log: { ...activity.log, lost: 3 } } });
    });
    await page.goto('/activity');
    await expect(page.getByText('3 accesses were lost since this dashboard started.')).toBeVisible();
    up = false;
    await expect(page.getByText(/As of .* old\)/)).toBeVisible({ timeout: 15_000 });
    await page.reload();
    await expect(page.getByText('The activity could not be read')).toBeVisible();
    up = true;
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect(page.getByTestId('scope')).toBeVisible();
  });
});
