import { mount } from 'svelte';
import App from './App.svelte';
import { compareText } from './lib/format/compareText';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app');

// Tasks of their own, because the browser has just evaluated the whole program in one.
setTimeout(() => mount(App, { target }));
// Before the ward arrives, which is sorted in one task.
setTimeout(() => compareText('1', '2'));
