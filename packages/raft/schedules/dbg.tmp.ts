import * as raft from "@nodetcd/raft";
import { Schedule } from "./schedule.ts";
import { DurableNode } from "./durable-node.ts";
const seed = Number(process.env["SEED"]);
const lib = { ...raft, RawNode: class extends raft.RawNode { constructor(c: any){ const p=(l:string)=>(t:string)=>console.log(`   ${l} ${t}`); super({...c, logger:{debug:p("D"),info:p("I"),warning:p("W"),error:p("E")}}); console.log("START", c.id, c.asyncStorageWrites?"async":"sync"); }
 step(m:any){ const s=JSON.stringify(m,(k,v)=>typeof v==="bigint"?String(v):v instanceof Uint8Array?Buffer.from(v).toString("latin1"):v); console.log(`${this.id} STEP type=${m.type} from=${m.from} term=${m.term} idx=${m.index} lt=${m.logTerm} commit=${m.commit} rej=${m.reject} ents=${m.entries.map((e:any)=>e.term+"/"+e.index+(e.type?"C":""))}`); super.step(m);}
 applyConfChange(c:any){ console.log(this.id,"APPLYCC", JSON.stringify(c,(k,v)=>typeof v==="bigint"?String(v):v)); const r=super.applyConfChange(c); console.log("   =>",JSON.stringify(r,(k,v)=>typeof v==="bigint"?String(v):v)); return r;}
 ready(){ const r=super.ready(); console.log(`${this.id} READY ents=${r.entries.map(e=>e.term+"/"+e.index)} hs=${r.hardState&&[r.hardState.term,r.hardState.vote,r.hardState.commit]} ce=${r.committedEntries.map(e=>e.term+"/"+e.index+(e.type?"C":""))} snap=${r.snapshot?.metadata?.index}`); return r;}
 }} as any;
try { new Schedule({library:lib, seed, length:150}).run(); } catch(e){ console.log(e); }
