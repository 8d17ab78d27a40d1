/** Opens a dialog over the page while it is shown: the browser keeps the focus in it, and gives it back. */
export function modal(dialog: HTMLDialogElement): () => void {
  dialog.showModal();
  return () => dialog.close();
}
