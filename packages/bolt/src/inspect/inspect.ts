export { copyDatabaseFile } from "./copy-file.ts";
export { freelistIds, type PageElement, pageElement, pageElements } from "./elements.ts";
export {
  activeMeta,
  inspectMetas,
  isFreelistStored,
  type MetaFields,
  updateMeta,
} from "./metas.ts";
export { type PageRow, pageTable } from "./page-table.ts";
export { openRawFile, RawFile, type RawHeader } from "./raw-file.ts";
export { FREELIST_NOT_STORED, type RawMeta, readRawMeta } from "./raw-meta.ts";
export { abandonFreelist, clearElements, copyPage, revertMeta } from "./surgery.ts";
export { type Page, PAGE_HEADER_SIZE, type PageKind, pageKind, pageTypeName } from "../page.ts";
