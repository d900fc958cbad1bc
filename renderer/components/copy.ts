/**
 * Copying yields raw values: every formatted figure carries its raw text in `data-raw`, and this puts that on the clipboard
 * instead of what is drawn. Cells are separated by tabs, rows by line ends.
 */

const RAW = '[data-raw]';

/** Text of a copied piece of the page. */
export function rawText(fragment: ParentNode): string {
  for (const element of fragment.querySelectorAll<HTMLElement>(RAW)) element.textContent = element.dataset.raw ?? '';
  for (const hidden of fragment.querySelectorAll('[aria-hidden=true], .visually-hidden, svg')) hidden.remove();
  for (const broken of fragment.querySelectorAll('br, .block')) broken.before(' ');
  const rows = [...fragment.querySelectorAll('tr, [role=row]')];
  if (rows.length > 0) {
    return rows
      .map((row) =>
        [...row.querySelectorAll('td, th, [role=gridcell], [role=columnheader]')].map((cell) => cell.textContent?.trim() ?? '').join('\t'),
      )
      .join('\n');
  }
  return fragment instanceof DocumentFragment ? (fragment.textContent ?? '') : '';
}

export function installRawCopy(target: Document): () => void {
  const onCopy = (event: ClipboardEvent): void => {
    const selection = target.getSelection();
    if (!selection || selection.isCollapsed || selection.rangeCount === 0 || event.defaultPrevented) return;
    const range = selection.getRangeAt(0);
    const start = range.commonAncestorContainer;
    const element = start instanceof Element ? start : start.parentElement;
    const inside = element?.closest<HTMLElement>(RAW);
    const fragment = range.cloneContents();
    if (!inside && fragment.querySelector(RAW) === null) return;
    event.clipboardData?.setData('text/plain', inside ? (inside.dataset.raw ?? '') : rawText(fragment));
    event.preventDefault();
  };
  target.addEventListener('copy', onCopy);
  return () => target.removeEventListener('copy', onCopy);
}
