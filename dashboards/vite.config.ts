import { defineConfig } from 'vite';

/** Where `npm run dev` sends GraphQL: a running `shpunt serve`. */
const api = process.env['SHPUNT_API'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  server: { proxy: { '/graphql': api } },
  build: {
    target: 'es2022',
    // ECharts is a chunk of its own, loaded after the first paint.
    chunkSizeWarningLimit: 700,
    assetsInlineLimit: 2048,
    sourcemap: false,
  },
});
