/** The name of the module under which the counters come in; a guest that could import them could refill them. */
export const RESERVED_MODULE = 'vnes:meter';
