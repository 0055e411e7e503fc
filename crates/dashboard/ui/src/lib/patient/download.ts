/** Hands text to the browser as a file. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has begun to read it by the next task; freed later, it would stay for as long as the page.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
