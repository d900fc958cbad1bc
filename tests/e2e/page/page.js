/** Asks the bridge who it is, and lists the events that arrive. */
const list = document.querySelector('#events');
for (const name of ['recovery.changed', 'audit.changed', 'alarm']) {
  window.rearm.subscribe(name, (event) => {
    const item = document.createElement('li');
    item.textContent = `${name} ${event.head ?? event.id ?? event.view.running}`;
    list.append(item);
  });
}
const reply = await window.rearm.request('console.describe', {});
document.querySelector('#state').textContent = reply.ok ? `ready for ${reply.value.user}` : reply.error.code;
