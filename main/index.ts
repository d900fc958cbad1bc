/** The embedding API of the engine, whole: what a trading process imports. See docs/EMBEDDING.md. */

export { type EngineConfig, parseEngineConfig } from './engine/config.ts';
export { type CreateOptions, createStore } from './engine/create.ts';
export { Engine, type Submission } from './engine/engine.ts';
export type { Alarm } from './engine/health.ts';
export { nativePlatform } from './engine/native-platform.ts';
export { HaltedStore, type OpenedStore, type OpenOptions, openStore, type Release } from './engine/open.ts';
