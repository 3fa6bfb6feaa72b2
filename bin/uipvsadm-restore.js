#!/usr/bin/env node
require("./uipvsadm.js");
