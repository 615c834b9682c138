/**
 * Loads the capsule's shared library, whose bytes are part of this program: maps its segments, binds it to the host functions of vnes.h
 * and the few functions below, and calls what it exports. A library that needs anything else, or another library, is refused.
 */
#define _GNU_SOURCE
#include "vnes.h"
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

__asm__(".pushsection .rodata\n.balign 16\nlibrary_start:\n.incbin \"impl/src/capsule.so\"\nlibrary_end:\n.popsection");
extern const unsigned char library_start[], library_end[];

#ifdef __x86_64__
enum { MACHINE = EM_X86_64, ADDRESS = R_X86_64_64, DATA = R_X86_64_GLOB_DAT, CODE = R_X86_64_JUMP_SLOT, BASE = R_X86_64_RELATIVE };
#else
enum { MACHINE = EM_AARCH64, ADDRESS = R_AARCH64_ABS64, DATA = R_AARCH64_GLOB_DAT, CODE = R_AARCH64_JUMP_SLOT, BASE = R_AARCH64_RELATIVE };
#endif

/** What a library may ask for. */
static const struct {
  const char *name;
  void *at;
} OFFERED[] = {
#define OFFER(function) {#function, (void *)(uintptr_t)function}
    OFFER(vnes_publish), OFFER(vnes_get),   OFFER(vnes_scan), OFFER(vnes_put),  OFFER(vnes_delete), OFFER(vnes_call),
    OFFER(vnes_now),     OFFER(vnes_random), OFFER(vnes_log),  OFFER(vnes_trap), OFFER(vnes_alloc),  OFFER(vnes_join),
    OFFER(memcpy),       OFFER(memmove),    OFFER(memset),    OFFER(memcmp),    OFFER(strlen),      OFFER(malloc),
    OFFER(calloc),       OFFER(realloc),    OFFER(free),
};

static unsigned char *base;
static const Elf64_Sym *symbols;
static const char *names;
static size_t symbol_count;

static _Noreturn void refuse(const char *what, const char *name) {
  vnes_trap(vnes_join((vnes_text){what, strlen(what)}, (vnes_text){name, strlen(name)}));
}

static void *address_of(const Elf64_Sym *symbol) {
  const char *name = names + symbol->st_name;
  if (symbol->st_shndx != SHN_UNDEF) return base + symbol->st_value;
  for (size_t at = 0; at < sizeof OFFERED / sizeof *OFFERED; at++)
    if (strcmp(OFFERED[at].name, name) == 0) return OFFERED[at].at;
  if (ELF64_ST_BIND(symbol->st_info) == STB_WEAK) return 0;
  refuse("the library needs ", name);
}

static void *exported(const char *name) {
  for (size_t at = 0; at < symbol_count; at++)
    if (symbols[at].st_shndx != SHN_UNDEF && strcmp(names + symbols[at].st_name, name) == 0) return base + symbols[at].st_value;
  refuse("the library does not export ", name);
}

static void relocate(const Elf64_Rela *from, size_t size) {
  for (const Elf64_Rela *each = from; each < from + size / sizeof *from; each++) {
    uint64_t *place = (uint64_t *)(base + each->r_offset);
    const Elf64_Sym *symbol = symbols + ELF64_R_SYM(each->r_info);
    switch (ELF64_R_TYPE(each->r_info)) {
      case BASE: *place = (uint64_t)(uintptr_t)base + (uint64_t)each->r_addend; break;
      case ADDRESS:
      case DATA:
      case CODE: *place = (uint64_t)(uintptr_t)address_of(symbol) + (uint64_t)each->r_addend; break;
      default: refuse("the library has a relocation that this loader does not know", "");
    }
  }
}

/** Copies the segments to where they belong; all of it can be written until it is protected. */
static void map(const Elf64_Ehdr *header, const Elf64_Phdr *segments) {
  size_t length = (size_t)(library_end - library_start), span = 0;
  for (int at = 0; at < header->e_phnum; at++) {
    const Elf64_Phdr *each = segments + at;
    if (each->p_type == PT_TLS) refuse("the library has variables of threads", "");
    if (each->p_type != PT_LOAD) continue;
    if (each->p_offset > length || each->p_filesz > length - each->p_offset) refuse("the library is cut off", "");
    if (each->p_vaddr + each->p_memsz > span) span = each->p_vaddr + each->p_memsz;
  }
  base = mmap(0, span, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) refuse("memory ran out", "");
  for (int at = 0; at < header->e_phnum; at++)
    if (segments[at].p_type == PT_LOAD)
      memcpy(base + segments[at].p_vaddr, library_start + segments[at].p_offset, segments[at].p_filesz);
}

static void protect(const Elf64_Ehdr *header, const Elf64_Phdr *segments) {
  for (int at = 0; at < header->e_phnum; at++) {
    const Elf64_Phdr *each = segments + at;
    if (each->p_type != PT_LOAD) continue;
    size_t before = each->p_vaddr & 4095;
    int rights = (each->p_flags & PF_R ? PROT_READ : 0) | (each->p_flags & PF_W ? PROT_WRITE : 0) | (each->p_flags & PF_X ? PROT_EXEC : 0);
    if (mprotect(base + each->p_vaddr - before, each->p_memsz + before, rights) != 0) refuse("memory cannot be protected", "");
  }
}

static void load(void) {
  const Elf64_Ehdr *header = (const void *)library_start;
  if ((size_t)(library_end - library_start) < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
      header->e_type != ET_DYN || header->e_machine != MACHINE)
    refuse("the library is none for this machine", "");
  const Elf64_Phdr *segments = (const void *)(library_start + header->e_phoff);
  map(header, segments);
  uint64_t value[DT_NUM] = {0};
  for (int at = 0; at < header->e_phnum; at++) {
    if (segments[at].p_type != PT_DYNAMIC) continue;
    for (const Elf64_Dyn *each = (const void *)(base + segments[at].p_vaddr); each->d_tag != DT_NULL; each++) {
      if (each->d_tag == DT_NEEDED) refuse("the library needs other libraries", "");
      if (each->d_tag < DT_NUM) value[each->d_tag] = each->d_un.d_val;
    }
  }
  symbols = (const void *)(base + value[DT_SYMTAB]);
  names = (const char *)(base + value[DT_STRTAB]);
  // The names come right behind the symbols, which nothing else counts.
  symbol_count = (value[DT_STRTAB] - value[DT_SYMTAB]) / sizeof *symbols;
  relocate((const void *)(base + value[DT_RELA]), value[DT_RELASZ]);
  relocate((const void *)(base + value[DT_JMPREL]), value[DT_PLTRELSZ]);
  protect(header, segments);
  void (**start)(void) = (void *)(base + value[DT_INIT_ARRAY]);
  for (size_t at = 0; at < value[DT_INIT_ARRAYSZ] / sizeof *start; at++) start[at]();
}

vnes_result capsule_init(vnes_text config) {
  load();
  return ((vnes_result(*)(vnes_text))(uintptr_t)exported("capsule_init"))(config);
}

vnes_result capsule_handle(const vnes_event *event) {
  static vnes_result (*handle)(const vnes_event *);
  if (!handle) handle = (vnes_result(*)(const vnes_event *))(uintptr_t)exported("capsule_handle");
  return handle(event);
}

vnes_result capsule_serve(vnes_text method, vnes_text payload) {
  return ((vnes_result(*)(vnes_text, vnes_text))(uintptr_t)exported("capsule_serve"))(method, payload);
}
