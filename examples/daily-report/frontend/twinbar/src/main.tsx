import { StrictMode, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { createApi } from './api/client.ts';
import { App } from './App.tsx';
import { NavigationProvider } from './navigation.tsx';
import { RuntimeErrorPage } from './pages/RuntimeErrorPage.tsx';
import { loadRuntime, RuntimeFileError } from './runtime.ts';
import './styles/base.css';
import './styles/controls.css';
import './styles/chart.css';
import './styles/search.css';
import './styles/report.css';

async function start(): Promise<ReactNode> {
  try {
    const runtime = await loadRuntime();
    return (
      <NavigationProvider>
        <App api={createApi(runtime.apiUrl)} environment={runtime.environment} />
      </NavigationProvider>
    );
  } catch (error) {
    if (error instanceof RuntimeFileError) return <RuntimeErrorPage reason={error.message} />;
    throw error;
  }
}

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id "root".');
const page = await start();
createRoot(root).render(<StrictMode>{page}</StrictMode>);
