import { defineConfig } from 'vite';

export default defineConfig({
  base: '/graphiql/',
  // Its packages bring hundreds of warnings about directives of a framework that is not used here.
  logLevel: 'error',
  build: { target: 'es2022', sourcemap: false },
});
