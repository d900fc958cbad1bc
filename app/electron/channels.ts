/** The names of the channels between the window and the main process; both sides derive them from the contract. */

export const requestChannel = (name: string): string => `rearm:request:${name}`;
export const EVENT_CHANNEL = 'rearm:event';
