/** Offers text to the browser as a file download. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser starts reading in the next task. Without revocation the text would be kept as long as the page.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
