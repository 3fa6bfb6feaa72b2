#!/usr/bin/env node
require("../dist/bundle/uipvsadm.cjs");
