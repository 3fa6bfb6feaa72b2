#!/usr/bin/env node
import "../dist/src/ipvsadm/bin.js";
