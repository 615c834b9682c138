/** What vnes takes of ink and React. They cost half a second to load, so nothing but the full screen does. */
export { Box, type Key, render, Text, useApp, useInput, useWindowSize } from 'ink';
export { createElement, useEffect, useRef, useState } from 'react';
