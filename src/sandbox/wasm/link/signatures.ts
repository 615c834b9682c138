const DELIVERY = 'record{topic:string,partition:u32,offset:u64,time:u64,key:option<string>,payload:string}';
const WRITTEN = 'result<_,string>';

/** The functions that a component may import, by interface and name, as vnes.wit types them (a test compares the two). */
export const HOST_SIGNATURES: Readonly<Record<string, string>> = {
  'vnes:capsule/bus publish': `func(string,string,option<string>)->${WRITTEN}`,
  'vnes:capsule/state get': 'func(string)->option<string>',
  'vnes:capsule/state scan': 'func(string)->list<record{key:string,value:string}>',
  'vnes:capsule/state put': `func(string,string)->${WRITTEN}`,
  'vnes:capsule/state delete': `func(string)->${WRITTEN}`,
  'vnes:capsule/rpc call': 'func(string,string,string)->result<string,string>',
  'vnes:capsule/clock now': 'func()->u64',
  'vnes:capsule/entropy random': 'func(u32)->list<u8>',
  'vnes:capsule/log write': 'func(enum{debug,info,warn,error},string)->_',
};

/** The functions that it must export. */
export const EXPORT_SIGNATURES: Readonly<Record<string, string>> = {
  init: `func(string)->${WRITTEN}`,
  handle: `func(${DELIVERY})->${WRITTEN}`,
  serve: 'func(string,string)->result<string,string>',
};
