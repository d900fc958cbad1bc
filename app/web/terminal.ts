/** Links on demand: whoever sits at the terminal presses Enter for a fresh one. Nothing that comes over the network can ask for it. */

/** @returns ends the offer */
export function offerLinks(mintLink: () => string, print: (line: string) => void, input: NodeJS.ReadStream = process.stdin): () => void {
  if (!input.isTTY) return () => {};
  const answer = (): void => print(`  another: ${mintLink()}`);
  input.on('data', answer);
  // Reading does not keep the process alive.
  input.unref();
  print('Press Enter for another link.');
  return () => {
    input.off('data', answer);
    input.pause();
  };
}
