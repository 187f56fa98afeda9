import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv } from 'vite';

// The bundle holds no address. For `npm run dev`, TWINBAR_SITE names a running site whose
// /runtime.json is borrowed; a build ignores it.
export default defineConfig(({ command, mode }) => {
  const site = loadEnv(mode, '.', 'TWINBAR_')['TWINBAR_SITE'];
  const borrowed = command === 'serve' && site ? { '/runtime.json': { target: site, changeOrigin: true } } : {};
  return {
    plugins: [react()],
    base: '/',
    build: { outDir: 'dist', assetsDir: 'assets', emptyOutDir: true, sourcemap: false },
    server: { host: '127.0.0.1', proxy: borrowed },
  };
});
