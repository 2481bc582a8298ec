import { render } from 'preact';
import '@preact/signals';
import { App } from './app';
import { follow } from './api/frontier';
import { resume } from './api/session';
import './styles/index.css';

const root = document.getElementById('app');
if (!root) throw new Error('index.html has no #app');
render(<App />, root);
void resume();
void follow();
