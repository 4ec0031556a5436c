#!/usr/bin/env node
import "@nodetcd/cli/main";
