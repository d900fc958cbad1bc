/** The console's page: renderer/ to dist/renderer, one origin, nothing inlined, nothing from elsewhere. */

import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('renderer'),
  base: '/',
  plugins: [react(), tailwindcss()],
  build: {
    outDir: here('dist/renderer'),
    emptyOutDir: true,
    // The policy allows neither data: addresses nor inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: ['chrome120', 'firefox121', 'safari17'],
    chunkSizeWarningLimit: 2048,
  },
});
