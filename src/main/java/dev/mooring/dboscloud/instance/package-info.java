/** Database instances: clusters under the rules of DBOS Cloud, its own and linked ones. */
@NullMarked
package dev.mooring.dboscloud.instance;

import org.jspecify.annotations.NullMarked;
