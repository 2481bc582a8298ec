// GraphiQL over this server, with the session of the page beside it. Everything comes from here, nothing from elsewhere.
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './page.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

const WELCOME = `# Sign in on the page (/) first, or here by the mutation sessionCreate.
query Me {
  viewer {
    login
    role
  }
}
`;

const fetcher = createGraphiQLFetcher({ url: '/graphql' });
createRoot(document.getElementById('root')).render(createElement(GraphiQL, { fetcher, defaultQuery: WELCOME }));
