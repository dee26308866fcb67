# SPDX-License-Identifier: GPL-2.0
#
# make            modules, userspace, unit tests
# make check      all tests, in VMs; the last line has the totals. TESTS=<parts of
#                 names> picks some, VM_KERNEL=6.12 another kernel
# make check-all  the tests of the modules on every kernel, the debug one too
# make check-debug                on the debug kernel only
# make hostile    both modules under a million random messages, on the debug kernel
# make coverage   the same, and what of the modules ran, by file
# make fuzz       fuzzers of all that takes hostile bytes, FUZZ_SECONDS (600) each;
#                 TARGETS="tier_repair ..." picks some
# make model      random histories cut at every write, against a model, with fresh seeds
#                 for MODEL_SECONDS (600)
# make soak       everything at once, power cuts included, for SOAK_SECONDS (3600)
# make demo       see a pool at work, in a VM
# make bench      what the targets cost per I/O, in a VM
# make lint       checkpatch, sparse, shellcheck
# make install    modules for this kernel, userspace
#
# KDIR=<kernel build directory>  build for that kernel; else for the running one
#                                if its headers are there, else the newest
# W=1, C=1, V=1                  as in the kernel's own build
# DESTDIR=, PREFIX=              where to install

kernels := $(wildcard /lib/modules/*/build)
running := /lib/modules/$(shell uname -r)/build
KDIR ?= $(or $(filter $(running),$(kernels)),$(shell printf '%s\n' $(kernels) | sort -V | tail -n 1))
kbuild = $(MAKE) -C $(KDIR) M=$(CURDIR)
deps = selftests/vm/install-deps.sh

.PHONY: all modules userspace unit clean install modules_install demo bench lint
.PHONY: check check-all check-debug coverage hostile fuzz model soak
all: modules userspace unit

modules:
	$(if $(KDIR),,$(error no kernel headers found: install linux-headers-amd64 or say KDIR=))
	$(if $(filter-out $(running),$(if $(filter file,$(origin KDIR)),$(KDIR))),$(warning \
		the modules are built for $(KDIR), not for the kernel that runs ($(shell uname -r))))
	+$(kbuild) modules

userspace:
	+$(MAKE) -C userspace

unit:
	$(if $(wildcard selftests/unit/Makefile),+$(MAKE) -C selftests/unit)

clean:
	$(if $(KDIR),+$(kbuild) clean)
	+$(MAKE) -C userspace clean
	$(if $(wildcard selftests/unit/Makefile),+$(MAKE) -C selftests/unit clean)
	$(if $(wildcard selftests/fuzz/Makefile),+$(MAKE) -C selftests/fuzz clean)
	rm -rf .build

modules_install:
	+$(kbuild) $(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR)) modules_install

install: modules_install
	+$(MAKE) -C userspace install

# These work on a machine that has nothing but git, make and root. They need no
# kernel headers: the VM's kernels bring their own.
.PHONY: check-deps
check-deps:
	$(deps) build vm fuzz
	+$(MAKE) userspace unit
	+$(MAKE) -C selftests/fuzz
	+$(MAKE) -C selftests/dm-tier
	+$(MAKE) -C selftests/dm-mpath-ext

check: check-deps
	selftests/run.sh $(TESTS)

in_guest = $(or $(TESTS),dm-tier/ dm-mpath-ext/)
check-all: check-deps
	@bad=; for k in 6.1 6.12 7.2 debug; do \
		echo "# kernel $$k"; \
		VM_KERNEL=$$k selftests/run.sh $(in_guest) || bad="$$bad $$k"; \
	done; \
	[ -z "$$bad" ] || { echo "failed on:$$bad"; exit 1; }

check-debug: check-deps
	VM_KERNEL=debug selftests/run.sh $(in_guest)

hostile: check-deps
	MESSAGES=$(or $(MESSAGES),1000000) selftests/vm/vm --kernel $(or $(VM_KERNEL),debug) \
		--timeout 172800 run selftests/dm-tier/test_hostile_01.sh

coverage: check-deps
	selftests/coverage $(in_guest)

fuzz:
	$(deps) build fuzz
	+$(MAKE) -C selftests/fuzz fuzz

model:
	$(deps) build
	+$(MAKE) -C selftests/unit model

soak: check-deps
	selftests/soak.sh

demo:
	$(deps) build vm
	+$(MAKE) userspace
	selftests/demo.sh

bench:
	$(deps) build vm
	+$(MAKE) userspace
	selftests/bench/bench
	selftests/bench/bench paths
	selftests/vm/vm --icount --timeout 900 run selftests/bench/moves-guest

lint:
	$(deps) build lint
	selftests/lint.sh
