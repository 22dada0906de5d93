/** Database instances: clusters under the rules of DBOS Cloud, its own and linked ones. */
package dev.mooring.dboscloud.instance;
