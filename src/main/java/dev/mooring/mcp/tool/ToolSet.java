package dev.mooring.mcp.tool;

import java.util.List;

/** The tools of one kind of thing. Every bean of it is found; nothing lists them. */
interface ToolSet {

    List<Tool> tools();
}
